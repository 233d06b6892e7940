import { connect } from 'node:net';
import { portOf } from './proxy.ts';

/** Opens a TCP connection to the host and port of a URL and closes it. Rejects when there is none. */
export function connectOnce(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(portOf(url)), signal });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
