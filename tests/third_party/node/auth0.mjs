// What Auth0's own client library asks for: every request it would send, as one line of JSON. The bodies come
// from standard input, so that only their way is compared here; their members are checked by its types.
import { ManagementClient } from 'auth0';

const bodies = JSON.parse(await new Response(process.stdin).text());
const seen = [];
const fetch = async (url, init) => {
  const { pathname, searchParams } = new URL(url);
  const body = init.body ? JSON.parse(init.body) : null;
  seen.push({ method: init.method, path: pathname, query: Object.fromEntries(searchParams), body });
  return Response.json({ clients: [], total: 0, start: 0, limit: 100, client_id: 'x' });
};
const { clients } = new ManagementClient({ domain: 'acme.eu.auth0.com', token: 'unused', fetch });
const id = 'an id/with odd letters';
await clients.list({ is_global: false, app_type: 'spa', page: 0, per_page: 100, include_totals: true });
await clients.create(bodies.spa);
await clients.create(bodies.m2m);
await clients.get(id);
await clients.update(id, bodies.edit);
await clients.rotateSecret(id);
await clients.delete(id);
console.log(JSON.stringify(seen));
