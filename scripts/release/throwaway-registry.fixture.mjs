import { createServer } from 'node:http';

/**
 * A registry that keeps what is published to it until it is closed.
 *
 * @returns its `url`; `packages`, the documents published so far by name; `refuse`, names that it answers with an error
 */
export async function openRegistry() {
  const packages = new Map();
  const refuse = new Set();
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url.slice(1).split('?')[0]);
    const answer = (status, body) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'GET') {
      return packages.has(name) ? answer(200, packages.get(name)) : answer(404, { error: 'Not found' });
    }
    if (request.method !== 'PUT' || refuse.has(name)) return answer(403, { error: `${name} is refused` });
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    return request.on('end', () => {
      packages.set(name, JSON.parse(Buffer.concat(chunks).toString('utf8')));
      answer(201, { ok: true });
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    packages,
    refuse,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
