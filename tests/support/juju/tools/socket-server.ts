import { rm } from 'node:fs/promises';
import { type Server, type Socket, createServer } from 'node:net';
import { messageOf } from '../../../../src/model/text/message-of.ts';
import type { ToolAnswer } from './answer-tool.ts';
import { parseFields, renderFields } from '../machine/program-fields.ts';

/** A request of `programs/ask-machine.pl`. */
export interface ProgramRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly contextId: string | undefined;
  /** The time that the program had run before this request, in milliseconds; 0 when unknown. */
  readonly elapsedMs: number;
  readonly stdin: string | undefined;
}

export type RequestHandler = (request: ProgramRequest) => Promise<ToolAnswer | 'stdin required'>;

export interface SocketServer {
  readonly path: string;
  close(): Promise<void>;
}

/** Below the kernel's limit of 107 bytes. */
const MAX_PATH_BYTES = 100;

/** Answers requests of programs on the unix socket `path`. */
export async function serveSocket(path: string, answer: RequestHandler): Promise<SocketServer> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new Error(`${path}: too long for the path of a socket`);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined); // a program killed before its answer is not an error
    void serve(socket, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return { path, close: () => close(server, path, open) };
}

async function serve(socket: Socket, answer: RequestHandler): Promise<void> {
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
  const [command = '', contextId = '', elapsed = '', hasInput = '', input = '', ...args] =
    parseFields(request);
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
  if (answer === 'stdin required') return renderFields([answer]);
  return renderFields([String(answer.code), answer.stdout, answer.stderr]);
}

async function close(server: Server, path: string, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(path, { force: true });
}
