import { RejectedError } from '../../model/cloud/cloud-errors.ts';
import { encodeKeypairComment, findKeypairMetadata } from '../../model/cloud/keypair-comment.ts';
import { OWNER_KEYS } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { createKeypair, deleteKeypair, listKeypairs } from '../../openstack/keypairs.ts';
import { SSH_KEY_TYPES, type SshKeyPair, type SshKeyType } from '../../system/ssh/ssh-keys.ts';
import type { GuestAccess, Maker, Recorder } from '../context.ts';

/** Generates a key pair and imports its public half. Tries the next type of key when Nova refuses one. */
export async function importKeypair(
  cloud: Cloud,
  name: string,
  context: Pick<GuestAccess, 'generateKeyPair'> & Maker & Pick<Recorder, 'warn'>,
  [type, ...others]: readonly [SshKeyType, ...SshKeyType[]] = SSH_KEY_TYPES,
): Promise<SshKeyPair> {
  const keys = context.generateKeyPair(encodeKeypairComment(context.owner, context.process), type);
  try {
    await createKeypair(cloud, { name, publicKey: keys.publicKey });
    return keys;
  } catch (error) {
    const [next, ...last] = others;
    if (!(error instanceof RejectedError) || next === undefined) throw error;
    context.warn(`${error.message}; trying a key of type ${next} instead of ${type}`);
    return importKeypair(cloud, name, context, [next, ...last]);
  }
}

/**
 * Deletes the keypair if this process created it: the creation fails when another keypair has the name. `wasCreated` is
 * true when the creation succeeded.
 */
export async function removeKeypair(
  cloud: Cloud,
  name: string,
  { process }: Pick<Maker, 'process'>,
  wasCreated = false,
): Promise<void> {
  if (wasCreated) return deleteKeypair(cloud, name);
  const found = (await listKeypairs(cloud)).find((keypair) => keypair.name === name);
  const metadata = found && findKeypairMetadata(found.publicKey);
  if (metadata?.[OWNER_KEYS.process] === process) await deleteKeypair(cloud, name);
}
