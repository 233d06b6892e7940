import { expect } from '@jest/globals';
import { ConflictError, RejectedError } from '../../../src/model/cloud/cloud-errors.ts';
import type { Cloud } from '../../../src/openstack/cloud.ts';
import { createKeypair, deleteKeypair, listKeypairs } from '../../../src/openstack/keypairs.ts';
import { generateSshKeyPair } from '../../../src/system/ssh/ssh-keys.ts';
import type { ContractCase, CaseContext } from '../contract.ts';

/** Creates a keypair of the builder that is deleted at the end of the case. */
async function makeKeypair(context: CaseContext, name: string) {
  const cloud = (await context.connect('builder')).withSignal();
  const keypair = { name, publicKey: generateSshKeyPair('{"of": "the contract"}').publicKey };
  context.onEnd(() => deleteKeypair(cloud, name));
  await createKeypair(cloud, keypair);
  return { cloud, keypair };
}

const named = async (cloud: Cloud, name: string) =>
  (await listKeypairs(cloud)).filter((keypair) => keypair.name === name);

export const keypairCases: readonly ContractCase[] = [
  {
    verb: 'createKeypair',
    outcome: 'a new keypair is listed with its key and comment',
    run: async (context) => {
      const { cloud, keypair } = await makeKeypair(context, `${context.name('key')} with_blanks`);
      expect(await named(cloud, keypair.name)).toEqual([keypair]);
    },
  },
  {
    verb: 'createKeypair',
    outcome: 'ECDSA and RSA keys are accepted',
    run: async (context) => {
      const cloud = (await context.connect('builder')).withSignal();
      for (const type of ['ecdsa', 'rsa'] as const) {
        const keypair = { name: context.name(type), publicKey: generateSshKeyPair('c', type).publicKey };
        context.onEnd(() => deleteKeypair(cloud, keypair.name));
        await createKeypair(cloud, keypair);
        expect(await named(cloud, keypair.name)).toEqual([keypair]);
      }
    },
  },
  {
    verb: 'createKeypair',
    outcome: 'an existing name causes a ConflictError and keeps the first keypair',
    run: async (context) => {
      const { cloud, keypair } = await makeKeypair(context, context.name('key'));
      const other = { name: keypair.name, publicKey: generateSshKeyPair('other').publicKey };
      await expect(createKeypair(cloud, other)).rejects.toThrow(ConflictError);
      expect(await named(cloud, keypair.name)).toEqual([keypair]);
    },
  },
  {
    verb: 'createKeypair',
    outcome: 'an invalid key or a name with characters that Nova refuses causes a RejectedError',
    run: async (context) => {
      const cloud = (await context.connect('builder')).withSignal();
      const name = context.name('key');
      const { publicKey } = generateSshKeyPair('good');
      await expect(createKeypair(cloud, { name, publicKey: 'no key' })).rejects.toThrow(RejectedError);
      for (const odd of [`${name}.dot`, `${name}:colon`, `${name}-é`, 'x'.repeat(256)]) {
        await expect(createKeypair(cloud, { name: odd, publicKey })).rejects.toThrow(RejectedError);
      }
    },
  },
  {
    verb: 'listKeypairs',
    outcome: 'the list excludes keypairs of other users',
    run: async (context) => {
      const { keypair } = await makeKeypair(context, context.name('key'));
      expect(await named((await context.connect('neighbour')).withSignal(), keypair.name)).toEqual([]);
    },
  },
  {
    verb: 'deleteKeypair',
    outcome: 'deleting is repeatable and keeps keypairs of other users',
    run: async (context) => {
      const { cloud, keypair } = await makeKeypair(context, context.name('key'));
      await deleteKeypair((await context.connect('neighbour')).withSignal(), keypair.name);
      expect(await named(cloud, keypair.name)).toHaveLength(1);
      await deleteKeypair(cloud, keypair.name);
      await deleteKeypair(cloud, keypair.name);
      expect(await named(cloud, keypair.name)).toEqual([]);
    },
  },
];
