// Better Auth in memory on loopback, with its OAuth provider and its API keys. Prints one line of JSON with its
// address. PORT (default: a free one); RATE_LIMIT=1 for its own limits; SESSION_SECONDS for short sessions.
import http from 'node:http';
import { randomBytes } from 'node:crypto';
import { apiKey } from '@better-auth/api-key';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { bearer, jwt } from 'better-auth/plugins';

console.log = console.info = console.warn = (...words) => console.error(...words);
const server = http.createServer();
await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const tables = ['user', 'session', 'account', 'verification', 'rateLimit', 'jwks', 'apikey', 'oauthClient',
  'oauthAccessToken', 'oauthRefreshToken', 'oauthConsent', 'oauthResource', 'oauthClientResource',
  'oauthClientAssertion'];
const operator = 'operator@example.test';
const auth = betterAuth({
  baseURL: origin,
  secret: randomBytes(32).toString('hex'),
  database: memoryAdapter(Object.fromEntries(tables.map((table) => [table, []]))),
  emailAndPassword: { enabled: true },
  session: { expiresIn: Number(process.env.SESSION_SECONDS ?? 3600) },
  rateLimit: { enabled: process.env.RATE_LIMIT === '1' },
  telemetry: { enabled: false },
  plugins: [
    bearer(),
    jwt(),
    apiKey({ enableSessionForAPIKeys: true, enableMetadata: true, rateLimit: { enabled: false } }),
    oauthProvider({
      loginPage: '/login',
      consentPage: '/consent',
      scopes: ['openid', 'profile', 'email', 'offline_access', 'read:things', 'write:things'],
      // Users manage clients of their own; what a client may ask for itself, only the operator decides.
      clientPrivileges: async ({ action, user }) =>
        action !== 'configure-client-credentials-scopes' || user?.email === operator,
    }),
  ],
});

const password = randomBytes(16).toString('hex');
await auth.api.signUpEmail({ body: { email: operator, name: 'Operator', password } });
const handle = toNodeHandler(auth);
server.on('request', async (request, answer) => {
  if (request.method !== 'POST' || request.url !== '/operator/grant') return handle(request, answer);
  // Better Auth gives this to the server's own code alone.
  answer.setHeader('content-type', 'application/json');
  try {
    const { client_id, scopes } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const { token } = await auth.api.signInEmail({ body: { email: operator, password } });
    const client = await auth.api.adminUpdateOAuthClient({
      headers: new Headers({ authorization: `Bearer ${token}` }),
      body: { client_id, update: { client_credentials_scopes: scopes } },
    });
    answer.end(JSON.stringify(client));
  } catch (error) {
    answer.statusCode = error.statusCode ?? 500;
    answer.end(JSON.stringify(error.body ?? { message: String(error) }));
  }
});
process.stdout.write(`${JSON.stringify({ url: `${origin}/api/auth`, operator: `${origin}/operator/grant` })}\n`);
