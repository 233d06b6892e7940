import { NotFoundError } from '../model/cloud/cloud-errors.ts';
import { fields, nameText, textOf } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

/** Far more than the longest RSA key with our comment. */
const MAXIMUM_KEY = 16_384;

const keypairFields = fields({ name: nameText, public_key: textOf(1, MAXIMUM_KEY) });

/** A public SSH key that Nova stores for one user. */
export interface Keypair {
  readonly name: string;
  /** One line: type, key, comment. */
  readonly publicKey: string;
}

/** Imports a public key. */
export async function createKeypair(cloud: Cloud, keypair: Keypair): Promise<Keypair> {
  await cloud.compute.send({
    operation: `create keypair ${keypair.name}`,
    method: 'POST',
    path: '/os-keypairs',
    body: { keypair: { name: keypair.name, public_key: keypair.publicKey } },
  });
  cloud.noteCreated(keypair.name, 'keypair');
  return keypair;
}

/** Lists the keypairs of the user that is logged in. */
export async function listKeypairs(cloud: Cloud): Promise<readonly Keypair[]> {
  const found = await listAll(cloud.compute, {
    operation: 'list keypairs',
    path: '/os-keypairs',
    key: 'keypairs',
    element: fields({ keypair: keypairFields }),
  });
  return found.map(({ keypair }) => ({ name: keypair.name, publicKey: keypair.public_key }));
}

/** Deletes a keypair. Does nothing when it does not exist. */
export async function deleteKeypair(cloud: Cloud, name: string): Promise<void> {
  const path = `/os-keypairs/${encodeURIComponent(name)}`;
  try {
    await cloud.compute.send({ operation: `delete keypair ${name}`, method: 'DELETE', path });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
