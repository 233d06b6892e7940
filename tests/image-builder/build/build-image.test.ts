import { expect, test } from '@jest/globals';
import { startHttpCloud } from '../../support/http-cloud.ts';
import { useEmulator } from '../../whole-path/program-on-emulator.ts';

const fixture = useEmulator();

test('A build runs its steps in order: prepare, boot, finish the guest, store, undo, copy', async () => {
  const web = await startHttpCloud();
  web.on('GET /script', { body: '#!/bin/sh\necho hello\n' });
  const { code, json } = await fixture.build(['--script-url', `${web.origin}/script`]);
  await web.close();
  const steps = json['steps'] as readonly { readonly name: string }[];
  expect([code, steps.map(({ name }) => name)]).toEqual([
    0,
    [
      'choose flavor',
      'choose network',
      'sweep leftovers',
      'resolve runner release',
      'fetch external script',
      'ensure security group',
      'prepare base image',
      'create keypair',
      'create server',
      'wait for server',
      'allow SSH',
      'wait for host key',
      'connect over SSH',
      'wait for cloud-init',
      'install parts',
      'check guest',
      'run external script',
      'clean up guest',
      'stop server',
      'create image',
      'wait for image',
      'name image',
      'undo connect over SSH',
      'undo create server',
      'undo create keypair',
      'read image',
      'copy image to consumer',
    ],
  ]);
});

test('A build with names in the wrong case uses the flavor and network of the cloud, and reports both', async () => {
  const { code, err, json } = await fixture.build(['--flavor', 'LAB.Runner', '--network', 'Lab']);
  expect(code).toBe(0);
  expect(json).toMatchObject({ flavor: 'lab.runner', network: 'lab' });
  expect(err).toContain('choose flavor: nothing has the exact name LAB.Runner, so lab.runner is used\n');
  expect(err).toContain('choose network: nothing has the exact name Lab, so lab is used\n');
});
