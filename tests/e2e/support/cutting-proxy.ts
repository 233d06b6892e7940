import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A TCP proxy on loopback that cuts connections. */
export interface CuttingProxy {
  readonly port: number;
  /** Returns the number of connections that were cut. */
  readonly cuts: () => number;
  close(): Promise<void>;
}

/** Forwards connections to `port` and cuts each one when it has sent `bytes`, at most `most` connections in all. */
export async function startCuttingProxy(port: number, bytes: number, most: number): Promise<CuttingProxy> {
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1');
    let sent = 0;
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          target.destroy();
        });
    }
    client.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      if (sent < bytes || cuts >= most) return;
      cuts += 1;
      client.resetAndDestroy();
    });
    client.pipe(target).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    close: () => close(server, sockets),
  };
}

async function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
