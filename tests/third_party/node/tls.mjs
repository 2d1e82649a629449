// A server that speaks the contract's first words over TLS: node tls.mjs CERTIFICATE KEY.
import fs from 'node:fs';
import https from 'node:https';

const [, , cert, key] = process.argv;
const server = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, (request, answer) => {
  if (request.url === '/.well-known/oauth-protected-resource') {
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end('{"authorization_servers":["https://id.example"]}');
    return;
  }
  answer.writeHead(401, { 'content-type': 'application/json' });
  answer.end('{"error":"Token not defined","status":401,"code":"unauthorized"}');
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
