// node-oidc-provider on a free port of loopback. Prints one line of JSON with its issuer. With INITIAL_TOKEN,
// that token opens dynamic registration; KEEP_TOKEN=1 lets a registration access token outlive an update.
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';

console.log = console.info = console.warn = (...words) => console.error(...words);
const { default: Provider } = await import('oidc-provider');

const server = http.createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const device = 'urn:ietf:params:oauth:grant-type:device_code';
const machine = (client_id, token_endpoint_auth_method) => ({
  client_id,
  client_secret: process.env.MACHINE_SECRET,
  token_endpoint_auth_method,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
});

const registration = { enabled: Boolean(process.env.INITIAL_TOKEN) };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'console',
      application_type: 'native', // any port of loopback, RFC 8252 section 7.3
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', device],
    },
    machine('machine-basic', 'client_secret_basic'),
    machine('machine-post', 'client_secret_post'),
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  claims: { openid: ['sub'], email: ['email'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.test` }),
  }),
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
    registration: { ...registration, initialAccessToken: process.env.INITIAL_TOKEN },
    registrationManagement: { ...registration, rotateRegistrationAccessToken: process.env.KEEP_TOKEN !== '1' },
    revocation: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
});

// This release takes Basic and POST for each other; here each client proves itself as it is registered.
provider.use(async (ctx, next) => {
  await next();
  const client = ctx.oidc?.client;
  if (ctx.oidc?.route !== 'token' || !client || ctx.status !== 200) return;
  const basic = /^basic /i.test(ctx.get('authorization'));
  const wants = client.clientAuthMethod;
  if ((wants === 'client_secret_basic') !== basic && wants !== 'none') {
    ctx.status = 401;
    ctx.body = { error: 'invalid_client', error_description: `registered for ${wants}` };
  }
});
server.on('request', provider.callback());
process.stdout.write(`${JSON.stringify({ issuer })}\n`);
