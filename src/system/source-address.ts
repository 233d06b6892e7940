import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** The addresses of a socket without a route. */
const UNSPECIFIED = ['0.0.0.0', '::'];

/** Any port: nothing is sent. */
const PORT = 22;

/**
 * Returns the address from which this machine sends to `address`, an IP address; undefined when it has no route. Asks
 * only the routing table: connecting a UDP socket sends nothing.
 */
export function findSourceAddress(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = (source: string | undefined): void => {
      socket.close();
      resolve(source);
    };
    socket.once('error', () => {
      end(undefined);
    });
    socket.connect(PORT, address, () => {
      const source = socket.address().address;
      end(UNSPECIFIED.includes(source) ? undefined : source);
    });
  });
}
