import { createConnection } from 'node:net';
import { settleWithin } from '../settle.ts';

/** The longest path of a Unix socket, in bytes: that of sockaddr_un without its terminator. */
export const LONGEST_SOCKET_PATH = 107;

const PROMPT = '(qemu) ';
const TIMEOUT_MS = 10_000;

/** Sends a command to QEMU's monitor at a Unix socket, and waits until QEMU asks for the next one or exits. */
export async function sendToMonitor(path: string, command: string): Promise<void> {
  const socket = createConnection(path);
  let text = '';
  try {
    await settleWithin<undefined>(
      {
        timeoutMs: TIMEOUT_MS,
        onTimeout: (outcome) => {
          outcome.reject(new Error(`QEMU's monitor did not take ${command} within ${TIMEOUT_MS / 1000} s`));
        },
      },
      (outcome) => {
        socket.on('error', (error) => {
          outcome.reject(error);
        });
        socket.on('close', () => {
          outcome.resolve(undefined);
        });
        socket.on('data', (chunk) => {
          text = `${text}${chunk.toString()}`.slice(-64 * 1024);
          if (text.split(PROMPT).length > 2) outcome.resolve(undefined);
        });
        socket.write(`${command}\n`);
      },
    );
  } finally {
    socket.destroy();
  }
}
