import { once } from 'node:events';
import { createServer } from 'node:net';

/** Returns a TCP port that no process uses on 127.0.0.1 at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
