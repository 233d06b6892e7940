import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/model/clock.ts';
import type { CloudAccess } from '../../src/openstack/login/cloud-access.ts';
import { type Cloud, type CloudConnection, connectCloud } from '../../src/openstack/cloud.ts';
import { listImages } from '../../src/openstack/images.ts';
import type { Exchange, UserName, CaseContext } from './contract.ts';
import { TEST_TRUST } from '../support/test-trust.ts';

/** The OpenStack that the whole suite runs against. */
export interface Bench {
  access(user: UserName): CloudAccess;
  readonly clock: Clock;
  readonly bootImageName: string;
  readonly flavor: string;
  readonly network: string;
  /** All responses so far. */
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

/** The environment of one case. */
export interface OpenedCase {
  readonly context: CaseContext;
  /** Runs the cleanups and closes the connections. Throws AggregateError when a cleanup fails. */
  readonly end: () => Promise<void>;
}

const NAME_PREFIX = 'e2e-contract-';

/** Returns the prefix of all names of one run. */
export const newRunName = (): string => `${NAME_PREFIX}${randomBytes(4).toString('hex')}-`;

/** The connections that all cases share, because a login to a real Keystone takes seconds. */
export type SharedConnections = Map<UserName, Promise<CloudConnection>>;

/** Opens the environment of one case. All its names begin with `prefix`. */
export function openCase(bench: Bench, shared: SharedConnections, prefix: string): OpenedCase {
  const open: CloudConnection[] = [];
  const cleanups: (() => Promise<unknown>)[] = [];
  const connect: CaseContext['connect'] = async (user, change) => {
    if (change === undefined) {
      const known = shared.get(user) ?? connectBench(bench, bench.access(user));
      shared.set(user, known);
      return known;
    }
    const connection = await connectBench(bench, change(bench.access(user)));
    open.push(connection);
    return connection;
  };
  const context: CaseContext = {
    connect,
    name: (what) => `${prefix}${what}`,
    revoke: (user, token) => revoke(bench.access(user), token.id.reveal()),
    bootImage: async () => {
      const cloud = (await connect('builder')).withSignal();
      return findPublicImage(cloud, bench.bootImageName);
    },
    flavor: bench.flavor,
    network: bench.network,
    onEnd: (cleanup) => void cleanups.unshift(cleanup),
  };
  return {
    context,
    end: async () => {
      const errors: unknown[] = [];
      for (const cleanup of cleanups) await cleanup().catch((error: unknown) => errors.push(error));
      await Promise.all(open.map((connection) => connection.close()));
      if (errors.length > 0) throw new AggregateError(errors, 'cleanups failed');
    },
  };
}

/** Connects through `src/openstack`. */
export function connectBench({ clock }: Pick<Bench, 'clock'>, access: CloudAccess): Promise<CloudConnection> {
  return connectCloud(access, {
    clock,
    apiTimeoutMs: 60_000,
    stallTimeoutMs: 60_000,
    trust: TEST_TRUST,
    observe: () => undefined,
    warn: () => undefined,
  });
}

async function revoke({ authUrl }: CloudAccess, token: string): Promise<void> {
  const headers = { 'x-auth-token': token, 'x-subject-token': token };
  const { status } = await fetch(`${authUrl}/auth/tokens`, { method: 'DELETE', headers });
  if (status !== 204) throw new Error(`revoking a token: expected status 204, got ${status}`);
}

/** Finds an image of the operator, which `listImages` does not return. */
async function findPublicImage(cloud: Cloud, name: string): Promise<string> {
  const { body } = await cloud.image.send({
    operation: `list images ${name}`,
    method: 'GET',
    path: '/images',
    query: { name, visibility: 'public' },
  });
  const { images } = body as { readonly images: readonly { readonly id: string }[] };
  const [image] = images;
  if (image === undefined) throw new Error(`expected a public image ${name}`);
  return image.id;
}

/** Lists images of this run that are left in the users' projects. A successful suite leaves none. */
export async function listLeftImages(bench: Bench, prefix: string): Promise<readonly string[]> {
  const users: readonly UserName[] = ['builder', 'neighbour', 'consumer', 'neighbour-b'];
  const found = await Promise.all(
    users.map(async (user) => {
      const connection = await connectBench(bench, bench.access(user));
      const images = await listImages(connection.withSignal());
      await connection.close();
      return images.map(({ name }) => name).filter((name) => name.startsWith(prefix));
    }),
  );
  return found.flat();
}
