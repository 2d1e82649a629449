// A browser app of one page: authorization code with PKCE in the browser, then a call of the API.
// node app.mjs ISSUER serves it on a free port; CLIENT_ID comes as ?client= on the first visit.
import http from 'node:http';

const issuer = process.argv[2];
const script = `
const issuer = ${JSON.stringify(issuer)};
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const here = location.origin + '/';
async function main() {
  const query = new URLSearchParams(location.search);
  const metadata = await (await fetch(issuer + '/.well-known/openid-configuration')).json();
  if (!query.has('code')) {
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    sessionStorage.verifier = verifier;
    sessionStorage.client = query.get('client');
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const url = new URL(metadata.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: 'code', client_id: sessionStorage.client, redirect_uri: here, state: 'app',
      scope: 'openid read:credentials', code_challenge: base64url(digest), code_challenge_method: 'S256',
    });
    location.assign(url);
    return;
  }
  const tokens = await (await fetch(metadata.token_endpoint, { method: 'POST', body: new URLSearchParams({
    grant_type: 'authorization_code', client_id: sessionStorage.client, code: query.get('code'),
    redirect_uri: here, code_verifier: sessionStorage.verifier,
  }) })).json();
  const me = await (await fetch(issuer + '/v3/me', {
    headers: { authorization: 'Bearer ' + tokens.access_token },
  })).json();
  document.title = 'Success: ' + me.email;
}
main().catch((error) => { document.title = 'Failed: ' + error; });
`;
const page = `<!doctype html><title>App</title><script type="module">${script}</script>`;
const server = http.createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(page));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` })}\n`);
});
