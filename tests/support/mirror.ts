import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
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
  /** Maps the first word of paths, such as `debian`, to the folder with their files; read at each request. */
  readonly folders?: ReadonlyMap<string, string>;
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
  /** A redirect to a path of this server, as an absolute URL, which is what GitHub sends. */
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
    [`/${base}/current/SHA256SUMS`, { kind: 'body', body: sumsOf(base, name, await sha256Of(path)) }],
  ]);
}

/** Renders SHA256SUMS, which on Ubuntu's site also lists the other files of the folder. */
function sumsOf(base: string, name: string, sha256: string): string {
  const others = [
    'amd64-azure.vhd.tar.gz',
    'amd64-root.tar.xz',
    'amd64.img.zsync',
    'amd64.manifest',
    'arm64.img',
  ];
  const files = [...others.map((other) => `${base}-server-cloudimg-${other}`), name].toSorted();
  const sums = files.map((file) => [file === name ? sha256 : 'f'.repeat(64), file] as const);
  return sums.map(([sum, file]) => `${sum} *${file}\n`).join('');
}

async function runnerRoutes(folder: string, version: string): Promise<Routes> {
  const { name, path, sha256 } = await makeRunnerTarball(folder, version);
  const download = `/releases/download/v${version}/${name}`;
  return new Map<string, Answer>([
    ['/releases/latest', { kind: 'redirect', to: `/releases/tag/v${version}` }],
    [`/releases/tag/v${version}`, { kind: 'body', body: `Release v${version}\n` }],
    [download, { kind: 'redirect', to: `/release-assets/${sha256}` }], // GitHub keeps the files elsewhere
    [`/release-assets/${sha256}`, { kind: 'file', path }],
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
      response.setHeader('location', `http://${request.headers.host ?? ''}${answer.to}`);
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

/** Finds the file of a path in the folders. The file of a folder is its index.json, as in a registry of npm. */
function findInFolders(path: string, folders: ReadonlyMap<string, string>): Answer | undefined {
  const [, first = '', ...rest] = decodeURIComponent(path).split('/');
  const folder = folders.get(first);
  if (folder === undefined || rest.includes('..')) return undefined;
  const found = join(folder, ...rest);
  const file =
    statSync(found, { throwIfNoEntry: false })?.isDirectory() === true ? join(found, 'index.json') : found;
  return existsSync(file) ? { kind: 'file', path: file } : undefined;
}

function createMirrorServer(routes: Routes, content: MirrorContent, log: MirrorRequest[]): Server {
  const { files = new Map<string, string>(), folders = new Map<string, string>() } = content;
  const find = (path: string): Answer | undefined => {
    const body = files.get(path);
    if (body !== undefined) return { kind: 'body', body };
    return routes.get(path) ?? findInFolders(path, folders);
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
    const server = createMirrorServer(routes, content, requests);
    const url = await listen(server, content.host ?? '127.0.0.1');
    return { url, requests, close: () => close(server, folder) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
