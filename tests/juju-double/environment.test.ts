import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { UnitAgent } from '../support/juju/unit-agent.ts';
import { useMachine } from './shell-charm.ts';

const shell = useMachine();

/** Writes the environment and the working directory of the process, read from the kernel, to files. */
const DUMP = 'cat "/proc/$$/environ" > "../environment"; pwd > ../cwd';

async function readEnvironment(agent: UnitAgent): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(dirname(agent.charmDir), 'environment'), 'utf8');
  const pairs = text.split('\0').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function commonVariables(agent: UnitAgent): Readonly<Record<string, unknown>> {
  const work = dirname(shell.machine.root);
  return {
    CHARM_DIR: agent.charmDir,
    JUJU_CHARM_DIR: agent.charmDir,
    JUJU_CONTEXT_ID: expect.stringMatching(/^app\/0-[a-z-]+-[0-9a-f]+$/),
    JUJU_AGENT_SOCKET_ADDRESS: join(work, 'app-0.socket'),
    JUJU_AGENT_SOCKET_NETWORK: 'unix',
    JUJU_UNIT_NAME: 'app/0',
    JUJU_MODEL_UUID: agent.model.uuid,
    JUJU_MODEL_NAME: 'images',
    JUJU_API_ADDRESSES: expect.stringMatching(/:17070 /),
    JUJU_MACHINE_ID: '0',
    JUJU_PRINCIPAL_UNIT: '',
    JUJU_AVAILABILITY_ZONE: 'nova',
    JUJU_VERSION: '3.6.12',
    JUJU_SLA: 'unsupported',
    CLOUD_API_VERSION: '',
    JUJU_CHARM_HTTP_PROXY: '',
    JUJU_CHARM_HTTPS_PROXY: '',
    JUJU_CHARM_FTP_PROXY: '',
    JUJU_CHARM_NO_PROXY: '127.0.0.1,localhost,::1',
    APT_LISTCHANGES_FRONTEND: 'none',
    DEBIAN_FRONTEND: 'noninteractive',
    LANG: 'C.UTF-8',
    TERM: 'tmux-256color',
    PATH: `${join(work, 'tools/unit-app-0')}:${SYSTEM_PATH}`,
  };
}

test('A hook runs in the charm folder with exactly the environment of Juju', async () => {
  const agent = await shell.add({ start: DUMP });
  await agent.deploy();
  expect(await readEnvironment(agent)).toEqual({
    ...commonVariables(agent),
    JUJU_HOOK_NAME: 'start',
    JUJU_DISPATCH_PATH: 'hooks/start',
  });
  expect(await readFile(join(dirname(agent.charmDir), 'cwd'), 'utf8')).toBe(`${agent.charmDir}\n`);
});

test('The environment of relation-departed names the relation and the departing unit', async () => {
  const agent = await shell.add({ 'image-relation-departed': DUMP });
  const relation = agent.relate('image', 'consumer');
  relation.addUnit('consumer/3');
  await agent.deploy();
  relation.removeUnit('consumer/3');
  await agent.waitForIdle();
  expect(await readEnvironment(agent)).toEqual({
    ...commonVariables(agent),
    JUJU_HOOK_NAME: 'image-relation-departed',
    JUJU_DISPATCH_PATH: 'hooks/image-relation-departed',
    JUJU_RELATION: 'image',
    JUJU_RELATION_ID: 'image:1',
    JUJU_REMOTE_APP: 'consumer',
    JUJU_REMOTE_UNIT: 'consumer/3',
    JUJU_DEPARTING_UNIT: 'consumer/3',
  });
});

test('The environment of relation-created has no remote unit', async () => {
  const agent = await shell.add({ 'image-relation-created': DUMP });
  agent.relate('image', 'consumer').addUnit('consumer/0');
  await agent.deploy();
  expect(await readEnvironment(agent)).toMatchObject({ JUJU_REMOTE_APP: 'consumer', JUJU_REMOTE_UNIT: '' });
});

test('The environment of an action names the action and its task but no hook', async () => {
  const agent = await shell.add({ run: DUMP });
  await agent.deploy();
  const { id } = await agent.runAction('run');
  expect(await readEnvironment(agent)).toEqual({
    ...commonVariables(agent),
    JUJU_HOOK_NAME: '',
    JUJU_DISPATCH_PATH: 'actions/run',
    JUJU_ACTION_NAME: 'run',
    JUJU_ACTION_UUID: id,
    JUJU_ACTION_TAG: `action-${id}`,
  });
});

test('The environment of secret-changed contains the URI of the secret and the label of the unit', async () => {
  const agent = await shell.add({
    'config-changed': 'secret-get --label mine -- "$(config-get password)" > /dev/null',
    'secret-changed': DUMP,
  });
  const uri = agent.addSecret('password', { password: 'one' });
  agent.grantSecret(uri);
  await agent.deploy({ config: { password: uri } });
  await agent.updateSecret(uri, { password: 'two' });
  expect(await readEnvironment(agent)).toEqual({
    ...commonVariables(agent),
    JUJU_HOOK_NAME: 'secret-changed',
    JUJU_DISPATCH_PATH: 'hooks/secret-changed',
    JUJU_SECRET_ID: uri,
    JUJU_SECRET_LABEL: 'mine',
  });
});

test('The environment of juju-exec has no dispatch path but both kinds of model proxies', async () => {
  const agent = await shell.add(
    {},
    {
      modelConfig: { 'juju-http-proxy': 'http://juju:3128', 'https-proxy': 'http://legacy:3128' },
    },
  );
  await agent.deploy();
  await agent.execute(DUMP);
  expect(await readEnvironment(agent)).toEqual({
    ...commonVariables(agent),
    JUJU_HOOK_NAME: '',
    JUJU_CHARM_HTTP_PROXY: 'http://juju:3128',
    https_proxy: 'http://legacy:3128',
    HTTPS_PROXY: 'http://legacy:3128',
  });
});
