import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeRunnerTarball } from './runner-tarball.ts';

/** The default version of the latest runner release. */
const RUNNER_VERSION = '2.331.0';

/** The content of a mirror. It is read at the start, except `files`. */
export interface MirrorContent {
  /** Maps a base, such as `noble`, to the qcow2 file of its cloud image. */
  readonly bases: ReadonlyMap<string, string>;
  /** Maps a path to its body; read at each request. */
  readonly files?: ReadonlyMap<string, string>;
  readonly runnerVersion?: string;
  /** The parent of the mirror's own folder. Default: the system's temporary folder. */
  readonly workDir?: string;
  /** The address to listen on. Default: loopback. */
  readonly host?: string;
}

/** One answered request. */
interface MirrorRequest {
  readonly method: string;
  readonly path: string;
  readonly userAgent: string;
  readonly status: number;
}

/** A running mirror of Ubuntu's cloud images and of the GitHub runner's releases. */
export interface Mirror {
  /** Without a slash at the end. */
  readonly url: string;
  /** All requests so far, oldest first; updated on each request. */
  readonly requests: readonly MirrorRequest[];
  close(): Promise<void>;
}

type Answer =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'redirect'; readonly to: string };

type Routes = ReadonlyMap<string, Answer>;

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function baseRoutes(base: string, path: string): Promise<Routes> {
  const name = `${base}-server-cloudimg-amd64.img`;
  return new Map<string, Answer>([
    [`/${base}/current/${name}`, { kind: 'file', path }],
    [`/${base}/current/SHA256SUMS`, { kind: 'body', body: `${await sha256Of(path)} *${name}\n` }],
  ]);
}

async function runnerRoutes(folder: string, version: string): Promise<Routes> {
  const { name, path, sha256 } = await makeRunnerTarball(folder, version);
  const download = `/releases/download/v${version}/${name}`;
  return new Map<string, Answer>([
    ['/releases/latest', { kind: 'redirect', to: `/releases/tag/v${version}` }],
    [`/releases/tag/v${version}`, { kind: 'body', body: `Release v${version}\n` }],
    [download, { kind: 'file', path }],
    [`${download}.sha256`, { kind: 'body', body: `${sha256}  ${name}\n` }],
  ]);
}

function sendBody(request: IncomingMessage, response: ServerResponse, body: string): void {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function sendFile(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const { size } = await stat(path);
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('content-length', size);
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(path), response);
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  switch (answer.kind) {
    case 'file':
      await sendFile(request, response, answer.path);
      break;
    case 'body':
      sendBody(request, response, answer.body);
      break;
    case 'redirect':
      response.setHeader('location', answer.to);
      sendBody(request, response, '');
  }
}

const STATUS = { file: 200, body: 200, redirect: 302 } as const;
const KNOWN_METHODS: readonly string[] = ['GET', 'HEAD'];

async function listen(server: Server, host: string): Promise<string> {
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
  return `http://${host}:${port}`;
}

async function close(server: Server, folder: string): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
  await rm(folder, { recursive: true, force: true });
}

async function allRoutes(content: MirrorContent, folder: string): Promise<Routes> {
  const routes = await Promise.all([
    runnerRoutes(folder, content.runnerVersion ?? RUNNER_VERSION),
    ...[...content.bases].map(([base, path]) => baseRoutes(base, path)),
  ]);
  return new Map(routes.flatMap((some) => [...some]));
}

function createMirrorServer(
  routes: Routes,
  files: ReadonlyMap<string, string>,
  log: MirrorRequest[],
): Server {
  const find = (path: string): Answer | undefined => {
    const body = files.get(path);
    return body === undefined ? routes.get(path) : { kind: 'body', body };
  };
  return createServer((request, response) => {
    const { method = '', url = '' } = request;
    const path = url.split('?', 1)[0] ?? '';
    const answer = KNOWN_METHODS.includes(method) ? find(path) : undefined;
    response.statusCode = answer === undefined ? 404 : STATUS[answer.kind];
    log.push({
      method,
      path,
      userAgent: request.headers['user-agent'] ?? '',
      status: response.statusCode,
    });
    // A client that disconnects only affects its own response.
    send(request, response, answer ?? { kind: 'body', body: 'not here\n' }).catch(() => response.destroy());
  });
}

/** Starts a mirror on a free port. */
export async function startMirror(content: MirrorContent): Promise<Mirror> {
  const folder = await mkdtemp(join(content.workDir ?? tmpdir(), 'mirror-'));
  const requests: MirrorRequest[] = [];
  try {
    const routes = await allRoutes(content, folder);
    const server = createMirrorServer(routes, content.files ?? new Map<string, string>(), requests);
    const url = await listen(server, content.host ?? '127.0.0.1');
    return { url, requests, close: () => close(server, folder) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
