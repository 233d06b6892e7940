import { findHostKeyFingerprints } from '../../../guest/console.ts';
import { ConflictError, NotFoundError } from '../../../model/cloud/cloud-errors.ts';
import { AddressNotFoundError, ProductError, ServerError } from '../../../model/errors.ts';
import type { Secret } from '../../../model/secret.ts';
import { UBUNTU_USER } from '../../../model/guest/ubuntu-user.ts';
import type { Cloud } from '../../../openstack/cloud.ts';
import { type Server, findServer, getConsole } from '../../../openstack/servers.ts';
import type { SshSession } from '../../../system/ssh/ssh.ts';
import { waitFor } from '../../../system/wait.ts';
import type { GuestAccess, RunSettings } from '../../context.ts';
import { type Waiting, createConfirmation, waitOn } from '../../wait-on.ts';

const CONNECT_TIMEOUT_MS = 30_000;
/** Attempts to connect cost the cloud nothing. */
const CONNECT_PAUSE_MS = 1000;

/**
 * Returns a function that returns the server, or undefined for an answer that may pass. The function throws ServerError
 * when the server is in ERROR or seems to be gone several times in a row.
 */
function watchServer(cloud: Cloud, id: string): () => Promise<Server | undefined> {
  const isConfirmed = createConfirmation();
  return async () => {
    const server = await findServer(cloud, id);
    if (isConfirmed(server === undefined)) {
      throw new ServerError(`server ${id} is gone: another client deleted it`);
    }
    if (server?.status !== 'ERROR') return server;
    throw new ServerError(`server ${id} is in ERROR: ${server.fault ?? 'Nova gives no reason'}`);
  };
}

/** Waits until the server has this status and no task. */
export async function waitForServer(
  cloud: Cloud,
  id: string,
  wanted: 'ACTIVE' | 'SHUTOFF',
  context: Waiting,
): Promise<Server> {
  let seen = 'unknown';
  const findHealthyServer = watchServer(cloud, id);
  const probe = async (): Promise<Server | undefined> => {
    const server = await findHealthyServer();
    if (server === undefined) return undefined;
    seen = server.taskState === undefined ? server.status : `${server.status}, ${server.taskState}`;
    return server.status === wanted && server.taskState === undefined ? server : undefined;
  };
  const timeout = wanted === 'ACTIVE' ? 'serverTimeout' : 'shutdownTimeout';
  const what = `server ${id} to be ${wanted}`;
  const state = { timeout, what, lastSeen: () => seen, isRequested: true } as const;
  return waitFor(probe, waitOn(cloud, context, state));
}

/**
 * Waits for the fingerprints on the guest's console. They come from Nova, which is trusted; the network is not. Looks at
 * the server instead of the console after a look at the console that showed nothing new, so that a server that has
 * stopped is noticed with one call for each look.
 */
export async function waitForHostKeys(
  cloud: Cloud,
  id: string,
  context: Pick<RunSettings, 'owner'> & Waiting,
): Promise<readonly string[]> {
  let seen = 'nothing';
  const findHealthyServer = watchServer(cloud, id);
  const isConfirmed = createConfirmation();
  const checkServer = async (): Promise<undefined> => {
    const server = await findHealthyServer();
    if (server !== undefined && isConfirmed(server.status !== 'ACTIVE')) {
      throw new ServerError(`server ${id} was stopped: it is ${server.status}`);
    }
  };
  let last: string | undefined;
  let isServerNext = false;
  const probe = async (): Promise<readonly string[] | undefined> => {
    if (isServerNext) {
      isServerNext = false;
      return checkServer();
    }
    const console = await findConsole(cloud, id);
    isServerNext = typeof console !== 'string' || console === last;
    if (typeof console !== 'string') {
      seen = console.message;
      return undefined;
    }
    last = console;
    seen = console.trim().split('\n').at(-1)?.slice(-200) ?? 'nothing';
    const fingerprints = findHostKeyFingerprints(console, context.owner.buildId);
    return fingerprints.length > 0 ? fingerprints : undefined;
  };
  const what = `server ${id} to print the fingerprint of its SSH host key on its console`;
  const state = { timeout: 'bootTimeout', what, lastSeen: () => seen, isRequested: true } as const;
  return waitFor(probe, waitOn(cloud, context, state));
}

/** Returns the console, or the error of a server that has none yet: its host is not ready, or it is being moved. */
async function findConsole(cloud: Cloud, id: string): Promise<string | Error> {
  try {
    return await getConsole(cloud, id);
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof ConflictError) return error;
    throw error;
  }
}

/** Without a proper host key nothing answered at all, for which a missing rule is the most frequent reason. */
const SSH_REMEDY =
  '--builder-ssh-cidr: add the network of this machine as the server sees it, if that is another than its own address';

/** The keys of one SSH connection. */
export interface GuestKeys {
  /** The fingerprints of the server's host keys. */
  readonly hostKeyFingerprints: readonly string[];
  readonly privateKey: Secret;
}

/** Connects to the first of the server's addresses that answers with one of the host keys. */
export async function connectGuest(
  cloud: Pick<Cloud, 'clock' | 'signal'>,
  server: Pick<Server, 'id' | 'addresses'>,
  keys: GuestKeys,
  context: Pick<GuestAccess, 'connectSsh' | 'sshPort'> & Waiting,
): Promise<SshSession> {
  if (server.addresses.length === 0) throw new AddressNotFoundError(`server ${server.id} has no address`);
  const { connectSsh, sshPort } = context;
  let seen = '';
  const tryAddress = async (host: string, signal: AbortSignal): Promise<SshSession | undefined> => {
    const target = { host, port: sshPort, username: UBUNTU_USER, ...keys };
    try {
      return await connectSsh(target, { timeoutMs: CONNECT_TIMEOUT_MS, signal });
    } catch (error) {
      // a wrong host key is final: that host must never get a secret
      if (!(error instanceof ProductError) || error.kind !== 'unavailable') throw error;
      seen = error.message;
      return undefined;
    }
  };
  const probe = async (signal: AbortSignal): Promise<SshSession | undefined> => {
    for (const host of server.addresses) {
      const session = await tryAddress(host, signal);
      if (session !== undefined) return session;
    }
    return undefined;
  };
  const what = `server ${server.id} to answer SSH at ${server.addresses.join(', ')}`;
  const state = { timeout: 'sshTimeout', what, lastSeen: () => seen } as const;
  const wait = { ...waitOn(cloud, context, state), intervalMs: CONNECT_PAUSE_MS };
  return waitFor(probe, wait).catch((cause: unknown) => {
    if (!(cause instanceof ProductError) || cause.kind !== 'unavailable') throw cause;
    throw new AddressNotFoundError(`${cause.message}: ${SSH_REMEDY}`, { cause });
  });
}
