import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/model/clock.ts';
import type { CloudAccess } from '../../src/openstack/cloud-access.ts';
import { type Cloud, type CloudConnection, connectCloud } from '../../src/openstack/cloud.ts';
import { listImages } from '../../src/openstack/images.ts';
import type { Exchange, UserName, World } from './contract.ts';

/** An OpenStack that the whole suite runs against. */
export interface Bench {
  access(user: UserName): CloudAccess;
  readonly clock: Clock;
  readonly bootImageName: string;
  readonly flavor: string;
  readonly network: string;
  /** All answers so far. */
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

/** A case's world, and its end. */
export interface OpenedWorld {
  readonly world: World;
  /** Runs the undos and closes the connections. Throws AggregateError when an undo fails. */
  readonly end: () => Promise<void>;
}

const NAME_PREFIX = 'e2e-contract-';

/** The beginning of all names of one run. */
export const newRunName = (): string => `${NAME_PREFIX}${randomBytes(4).toString('hex')}-`;

/** Connections that all cases use: a real Keystone takes seconds for a login. */
export type SharedConnections = Map<UserName, Promise<CloudConnection>>;

/** Opens the world of one case; all its names begin with `prefix`. */
export function openWorld(bench: Bench, shared: SharedConnections, prefix: string): OpenedWorld {
  const open: CloudConnection[] = [];
  const undos: (() => Promise<unknown>)[] = [];
  const connect: World['connect'] = async (user, change) => {
    if (change === undefined) {
      const known = shared.get(user) ?? connectBench(bench, bench.access(user));
      shared.set(user, known);
      return known;
    }
    const connection = await connectBench(bench, change(bench.access(user)));
    open.push(connection);
    return connection;
  };
  const world: World = {
    connect,
    name: (what) => `${prefix}${what}`,
    revoke: (user, token) => revoke(bench.access(user), token.id.reveal()),
    bootImage: async () => {
      const cloud = (await connect('builder')).under();
      return findPublicImage(cloud, bench.bootImageName);
    },
    flavor: bench.flavor,
    network: bench.network,
    onEnd: (undo) => void undos.unshift(undo),
  };
  return {
    world,
    end: async () => {
      const errors: unknown[] = [];
      for (const undo of undos) await undo().catch((error: unknown) => errors.push(error));
      await Promise.all(open.map((connection) => connection.close()));
      if (errors.length > 0) throw new AggregateError(errors, 'undos failed');
    },
  };
}

/** Connects through the product's own wall. */
export function connectBench({ clock }: Pick<Bench, 'clock'>, access: CloudAccess): Promise<CloudConnection> {
  return connectCloud(access, {
    clock,
    apiTimeoutMs: 60_000,
    stallTimeoutMs: 60_000,
    observe: () => undefined,
  });
}

async function revoke({ authUrl }: CloudAccess, token: string): Promise<void> {
  const headers = { 'x-auth-token': token, 'x-subject-token': token };
  const { status } = await fetch(`${authUrl}/auth/tokens`, { method: 'DELETE', headers });
  if (status !== 204) throw new Error(`expected 204 to the end of a token, got ${status}`);
}

/** The wall lists a project's own images only: this one is the operator's. */
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

/** The names that are left in the projects of the users; a suite that ends well leaves none. */
export async function listLeftImages(bench: Bench, prefix: string): Promise<readonly string[]> {
  const users: readonly UserName[] = ['builder', 'neighbour', 'consumer', 'neighbour-b'];
  const found = await Promise.all(
    users.map(async (user) => {
      const connection = await connectBench(bench, bench.access(user));
      const images = await listImages(connection.under());
      await connection.close();
      return images.map(({ name }) => name).filter((name) => name.startsWith(prefix));
    }),
  );
  return found.flat();
}
