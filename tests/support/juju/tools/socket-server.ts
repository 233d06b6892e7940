import { rm } from 'node:fs/promises';
import { type Server, type Socket, createServer } from 'node:net';
import { messageOf } from '../../../../src/model/message-of.ts';
import type { ToolAnswer } from './answer-tool.ts';
import { fieldsOf, joinFields } from '../machine/program-fields.ts';

/** What `programs/ask-machine.pl` asks. */
export interface ProgramRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly contextId: string | undefined;
  /** How long the program had run when it asked, in milliseconds; 0 when it does not know. */
  readonly elapsedMs: number;
  readonly stdin: string | undefined;
}

export type Answerer = (request: ProgramRequest) => Promise<ToolAnswer | 'stdin required'>;

export interface SocketServer {
  readonly path: string;
  close(): Promise<void>;
}

/** The kernel takes 107 bytes. */
const LONGEST_PATH = 100;

/** Answers programs over the unix socket `path`. */
export async function serveSocket(path: string, answer: Answerer): Promise<SocketServer> {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw new Error(`${path}: too long for a socket`);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined); // an asker who is killed meanwhile is nobody's error
    void serve(socket, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return { path, close: () => close(server, path, open) };
}

async function serve(socket: Socket, answer: Answerer): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of socket.iterator({ destroyOnReturn: false }))
      chunks.push(Buffer.from(chunk as Buffer));
    socket.end(renderAnswer(await answer(parseRequest(Buffer.concat(chunks)))));
  } catch (error) {
    const stderr = `ERROR ${messageOf(error)}\n`;
    if (!socket.destroyed) socket.end(renderAnswer({ code: 1, stdout: '', stderr }));
  }
}

function parseRequest(request: Buffer): ProgramRequest {
  const [command = '', contextId = '', elapsed = '', hasInput = '', input = '', ...args] = fieldsOf(request);
  if (command === '') throw new Error('bad request');
  return {
    command,
    args,
    contextId: contextId === '' ? undefined : contextId,
    elapsedMs: Number(elapsed),
    stdin: hasInput === '1' ? input : undefined,
  };
}

function renderAnswer(answer: ToolAnswer | 'stdin required'): Buffer {
  if (answer === 'stdin required') return joinFields([answer]);
  return joinFields([String(answer.code), answer.stdout, answer.stderr]);
}

async function close(server: Server, path: string, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(path, { force: true });
}
