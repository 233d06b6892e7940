import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

/** A port that is in use on one loopback address, so that no other process picks it. */
export interface ReservedPort {
  readonly port: number;
  release(): Promise<void>;
}

/** A listener. Closing it also closes its connections. */
export interface Listener {
  close(): Promise<void>;
}

/** Returns the nth address of 127.77.0.0/16, starting at 127.77.0.2. 127.77.0.1 is used to reserve the port. */
export function loopbackAddress(nth: number): string {
  return `127.77.${Math.floor(nth / 250) % 250}.${(nth % 250) + 2}`;
}

/** Returns a loopback address that no other process on this host uses. It is derived from the process id. */
export function processAddress(): string {
  const { pid } = process;
  return `127.${128 + ((pid >> 16) & 63)}.${(pid >> 8) & 255}.${pid & 255}`;
}

/** Reserves a free port by listening on it at 127.77.0.1. */
export async function reservePort(): Promise<ReservedPort> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '127.77.0.1');
  await once(server, 'listening');
  const release = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, release };
}

/** Listens on an address and passes every connection to `accept`. */
export async function listenOn(
  host: string,
  port: number,
  accept: (socket: Socket) => void,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    accept(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
