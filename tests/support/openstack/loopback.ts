import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

/** A port that is ours on one address of loopback, so that nobody else picks it. */
export interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

/** A listener that can be ended at once, whoever is connected. */
export interface Listener {
  close(): Promise<void>;
}

/** All of 127.0.0.0/8 is loopback: the nth address of a block of it. 127.77.0.1 itself holds the port. */
export function loopbackAddress(nth: number): string {
  return `127.77.${Math.floor(nth / 250) % 250}.${(nth % 250) + 2}`;
}

/** An address of loopback that no other process on this host uses: it is made of the process's id. */
export function processAddress(): string {
  const { pid } = process;
  return `127.${128 + ((pid >> 16) & 63)}.${(pid >> 8) & 255}.${pid & 255}`;
}

/** Picks a free port and keeps it, by listening at it on 127.77.0.1. */
export async function holdFreePort(): Promise<HeldPort> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '127.77.0.1');
  await once(server, 'listening');
  const release = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, release };
}

/** Listens on an address; `take` gets every connection. */
export async function listenOn(
  host: string,
  port: number,
  take: (socket: Socket) => void,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    take(socket);
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
