import { findHostKeyFingerprints } from '../../guest/console.ts';
import { AddressNotFoundError, ProductError, ServerError } from '../../model/errors.ts';
import type { Secret } from '../../model/secret.ts';
import { UBUNTU_USER } from '../../model/ubuntu-user.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { type Server, findServer, getConsole } from '../../openstack/servers.ts';
import type { SshSession } from '../../system/ssh/ssh.ts';
import { waitFor } from '../../system/wait.ts';
import type { Deadlines, GuestAccess, RunSettings } from '../context.ts';
import { waitOn } from '../wait-on.ts';

const CONNECT_TIMEOUT_MS = 30_000;

/** Returns the server. Throws ServerError when it is gone or in ERROR. */
async function getHealthyServer(cloud: Cloud, id: string): Promise<Server> {
  const server = await findServer(cloud, id);
  if (server === undefined) throw new ServerError(`server ${id} is gone: another client deleted it`);
  if (server.status !== 'ERROR') return server;
  throw new ServerError(`server ${id} is in ERROR: ${server.fault ?? 'Nova gives no reason'}`);
}

/** Waits until the server has this status and no task. */
export async function waitForServer(
  cloud: Cloud,
  id: string,
  wanted: 'ACTIVE' | 'SHUTOFF',
  { timeouts }: Pick<Deadlines, 'timeouts'>,
): Promise<Server> {
  let seen = 'unknown';
  const probe = async (): Promise<Server | undefined> => {
    const server = await getHealthyServer(cloud, id);
    seen = server.taskState === undefined ? server.status : `${server.status}, ${server.taskState}`;
    return server.status === wanted && server.taskState === undefined ? server : undefined;
  };
  const timeout = wanted === 'ACTIVE' ? 'serverTimeout' : 'shutdownTimeout';
  const what = `server ${id} to be ${wanted}`;
  return waitFor(probe, waitOn(cloud, timeouts, { timeout, what, lastSeen: () => seen }));
}

/** Waits for the fingerprints on the guest's console. They come from Nova, which is trusted; the network is not. */
export async function waitForHostKeys(
  cloud: Cloud,
  id: string,
  { owner, timeouts }: Pick<RunSettings, 'owner' | 'timeouts'>,
): Promise<readonly string[]> {
  let seen = 'nothing';
  const probe = async (): Promise<readonly string[] | undefined> => {
    const server = await getHealthyServer(cloud, id);
    if (server.status !== 'ACTIVE') throw new ServerError(`server ${id} was stopped: it is ${server.status}`);
    const console = await getConsole(cloud, id);
    seen = console.trim().split('\n').at(-1)?.slice(-200) ?? 'nothing';
    const fingerprints = findHostKeyFingerprints(console, owner.buildId);
    return fingerprints.length > 0 ? fingerprints : undefined;
  };
  const what = `server ${id} to print the fingerprint of its SSH host key on its console`;
  return waitFor(probe, waitOn(cloud, timeouts, { timeout: 'bootTimeout', what, lastSeen: () => seen }));
}

/** The keys of one SSH connection. */
export interface GuestKeys {
  /** The fingerprints of the server's host keys. */
  readonly hostKeyFingerprints: readonly string[];
  readonly privateKey: Secret;
}

/** Connects to the first of the server's addresses that answers with one of the host keys. */
export async function connectGuest(
  cloud: Cloud,
  server: Pick<Server, 'id' | 'addresses'>,
  keys: GuestKeys,
  {
    connectSsh,
    sshPort,
    timeouts,
  }: Pick<GuestAccess, 'connectSsh' | 'sshPort'> & Pick<Deadlines, 'timeouts'>,
): Promise<SshSession> {
  if (server.addresses.length === 0) throw new AddressNotFoundError(`server ${server.id} has no address`);
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
  const wait = waitOn(cloud, timeouts, { timeout: 'sshTimeout', what, lastSeen: () => seen });
  return waitFor(probe, wait).catch((cause: unknown) => {
    if (!(cause instanceof ProductError) || cause.kind !== 'unavailable') throw cause;
    throw new AddressNotFoundError(cause.message, { cause });
  });
}
