import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach } from '@jest/globals';

/** Returns a function that opens a TCP forwarder on another address and returns the origin of its URL. */
export function useForwarders(): (origin: string) => Promise<string> {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });
  return async (origin) => {
    const { hostname, port } = new URL(origin);
    const server = createServer((client) => {
      const target = connect(Number(port), hostname);
      const end = (): void => void (client.destroy(), target.destroy());
      for (const socket of [client, target]) socket.on('error', end).on('close', end);
      client.pipe(target).pipe(client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => new Promise((resolve) => void server.close(() => resolve())));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}
