import { rm } from 'node:fs/promises';
import { type Server, type Socket, createServer } from 'node:net';
import { messageOf } from '../../../src/model/message-of.ts';
import type { ToolAnswer } from './answer-tool.ts';
import { isMapping } from './json-schema.ts';

/** What `programs/ask-machine.mjs` asks. */
export interface ProgramRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly contextId: string | undefined;
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
    const reply = await answer(parseRequest(Buffer.concat(chunks).toString()));
    socket.end(JSON.stringify(reply));
  } catch (error) {
    const message = messageOf(error);
    if (!socket.destroyed) socket.end(JSON.stringify({ code: 1, stdout: '', stderr: `ERROR ${message}\n` }));
  }
}

function parseRequest(text: string): ProgramRequest {
  const value: unknown = JSON.parse(text);
  if (!isMapping(value) || typeof value['command'] !== 'string') throw new Error('bad request');
  const { args, contextId, stdin } = value;
  return {
    command: value['command'],
    args: Array.isArray(args) ? args.map(String) : [],
    contextId: typeof contextId === 'string' ? contextId : undefined,
    stdin: typeof stdin === 'string' ? stdin : undefined,
  };
}

async function close(server: Server, path: string, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(path, { force: true });
}
