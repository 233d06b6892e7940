import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import { runOnImage, withGuest } from './boot.ts';
import { takeInventory } from './inventory.ts';
import { cloudsYaml } from './lab.ts';

async function baseImageId(tier: string): Promise<string> {
  const args = ['--os-cloud', 'builder', 'image', 'show', `base-${tier}`, '-f', 'value', '-c', 'id'];
  const { stdout } = await execa('openstack', args, {
    env: { OS_CLIENT_CONFIG_FILE: cloudsYaml() },
    timeout: 60_000,
  });
  return stdout;
}

test('A booted guest runs commands, is in the inventory, and leaves nothing in the cloud', async () => {
  const before = await takeInventory();
  const userData = '#!/bin/sh\necho MARK-ON-CONSOLE > /dev/console\n';
  const seen = await withGuest(
    await baseImageId('tiny'),
    async (guest) => {
      const status = await guest.run('cloud-init status --wait');
      return { guest, status, console: await guest.console(), inventory: await takeInventory() };
    },
    { userData, flavor: 'lab.tiny' },
  );

  expect(seen.status).toBe('status: done');
  expect(seen.console).toContain('MARK-ON-CONSOLE');
  expect(seen.inventory.servers).toContainEqual({
    id: seen.guest.id,
    name: seen.guest.name,
    status: 'ACTIVE',
  });
  expect(seen.inventory.keypairs).toContainEqual({ id: seen.guest.name, name: seen.guest.name });
  expect(seen.inventory.ports.length).toBe(before.ports.length + 1);
  expect(await takeInventory()).toEqual(before);
}, 300_000);

test('A server is deleted although the command on it fails', async () => {
  const before = await takeInventory();
  await expect(runOnImage(await baseImageId('tiny'), 'exit 7')).rejects.toThrow('exit code 7');
  expect(await takeInventory()).toEqual(before);
}, 300_000);
