import { join } from 'node:path';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { OWNER_KEYS } from '../../model/owner.ts';
import { UBUNTU_USER } from '../../model/guest/ubuntu-user.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { writeFileAtomic } from '../../system/files/text-file.ts';
import type { GuestAccess, Recorder, RunSettings } from '../context.ts';
import type { GuestKeys } from './guest/reach-guest.ts';

const KEPT_MS = 24 * 3600 * 1000;

/** The server of a build whose guest was reached over SSH. */
export interface ReachedServer extends GuestKeys {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

type KeepContext = Pick<RunSettings, 'clock' | 'keyFolder'>;

/**
 * Returns the metadata of a server that is kept if its build fails; nothing for other servers. The server has the tag
 * from its creation on, so that no sweep deletes it between the failure and the tag.
 */
export function keptMetadata({ clock, keyFolder }: KeepContext): Readonly<Record<string, string>> {
  if (keyFolder === undefined) return {};
  return { [OWNER_KEYS.keptUntil]: new Date(clock.now() + KEPT_MS).toISOString() };
}

/** Reports whether the server must not be deleted yet, although its build has ended. */
export function isKept(
  metadata: Readonly<Record<string, string>>,
  { clock }: Pick<RunSettings, 'clock'>,
): boolean {
  return Date.parse(metadata[OWNER_KEYS.keptUntil] ?? '') > clock.now();
}

/**
 * Keeps the server of a failed build for a person: writes its private key to a file and reports how to reach it. Returns
 * false when the server must be deleted, because it is not to be kept, the build was cancelled, or the key cannot be written.
 */
export async function keepServer(
  server: ReachedServer,
  metadata: Readonly<Record<string, string>>,
  context: Pick<RunSettings, 'keyFolder' | 'owner' | 'signal'> &
    Pick<GuestAccess, 'sshPort'> &
    Pick<Recorder, 'warn'>,
): Promise<boolean> {
  const { keyFolder, owner, signal, sshPort, warn } = context;
  if (keyFolder === undefined || signal.aborted) return false;
  const path = join(keyFolder, `github-runner-image-builder-${owner.buildId}.key`);
  try {
    await writeFileAtomic(path, server.privateKey.reveal(), 0o600);
  } catch (error) {
    const reason = errorCodeOf(error) ?? messageOf(error);
    warn(`server ${server.name} is not kept: its private key cannot be written in ${keyFolder} (${reason})`);
    return false;
  }
  const until = metadata[OWNER_KEYS.keptUntil] ?? 'the next sweep';
  warn(
    [
      `server ${server.name} (${server.id}) is kept until ${until}`,
      `log in with: ${renderSshCommand(server.addresses[0] ?? '', path, sshPort)}`,
      ...(server.addresses.length > 1 ? [`other addresses: ${server.addresses.slice(1).join(', ')}`] : []),
      `answer the question about the host key with its fingerprint: ${server.hostKeyFingerprints.join(' or ')}`,
      `to delete it earlier: openstack server delete ${server.id}, then sweep, and rm ${quoteForShell(path)}`,
    ].join('; '),
  );
  return true;
}

function renderSshCommand(address: string, keyPath: string, port: number): string {
  const options = 'IdentitiesOnly=yes StrictHostKeyChecking=ask UserKnownHostsFile=/dev/null'.split(' ');
  const flags = options.map((option) => `-o ${option}`).join(' ');
  return `ssh -i ${quoteForShell(keyPath)} -p ${port} ${flags} ${UBUNTU_USER}@${address}`;
}
