import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { addSecret, grantSecret, updateSecret } from '../support/juju/model/secrets.ts';
import { writeRemote } from '../support/juju/model/relations.ts';
import { built, consumerDatabag, report } from './support/facts.ts';
import { TestUnit } from './support/unit.ts';
import { PASSWORD, configure, integrate } from './support/use-unit.ts';
import { uuidOf } from '../support/uuid-of.ts';

const PLANTED = {
  password: PASSWORD,
  rotated: 'rotated-passw0rd',
  consumer: 'consumer-passw0rd',
  script: 'script-t0ken',
  url: 'url-t0ken',
  github: 'github-t0ken',
  plainPassword: 'plain-passw0rd',
  plainScript: 'plain-t0ken',
  proxy: 'proxy-passw0rd',
};

const PLAIN = {
  'openstack-password': PLANTED.plainPassword,
  'script-secret': `api-token=${PLANTED.plainScript}`,
};

/** Reads every file of the host outside the unit's run folder, with its path. */
async function readAll(folder: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }); // does not follow the link to /run
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
}

/** Uses plain options instead of secrets, then both, then invalid ones. */
async function usePlainOptions(unit: TestUnit, dispatch: (name: string) => Promise<void>): Promise<void> {
  const { 'openstack-password-secret': login, 'script-secret-id': script } = Object.fromEntries(
    unit.model.config,
  );
  const secrets = { 'openstack-password-secret': login, 'script-secret-id': script };
  changeConfig(unit.model, PLAIN);
  await dispatch('config-changed');
  changeConfig(unit.model, { 'openstack-password-secret': undefined, 'script-secret-id': undefined });
  await dispatch('config-changed');
  expect(await readFile(unit.paths.cloudsYaml, 'utf8')).toContain(PLANTED.plainPassword);
  expect(await readFile(unit.paths.secrets, 'utf8')).toContain(PLANTED.plainScript);
  changeConfig(unit.model, {
    'script-secret': `${PLANTED.plainScript} k=${PLANTED.plainScript}`,
    'dockerhub-cache': `ftp://u:${PLANTED.plainPassword}@cache`,
  });
  await dispatch('config-changed');
  expect(unit.status).toMatch(/^blocked: dockerhub-cache: .* something else; and 1 more$/);
  await unit.action('run');
  changeConfig(unit.model, { ...secrets, 'script-secret': '', 'dockerhub-cache': '' });
}

/** Returns each planted secret that is visible, with its place. */
async function findLeaks(unit: TestUnit, stderr: string): Promise<readonly string[]> {
  const { model, systemd, root } = unit;
  const visible: readonly (readonly [string, unknown])[] = [
    ['argv', model.toolCalls.map(({ tool, args }) => [tool, args])],
    ['tool errors', model.toolCalls.map(({ stderr }) => stderr)],
    ['relation-set', model.toolCalls.filter(({ tool }) => tool === 'relation-set')],
    ['systemctl', systemd.calls],
    ['log', model.log],
    ['status', model.statusHistory],
    ['actions', model.tasks],
    ['databags', model.relations.map(({ ourUnit, ourApp }) => [ourUnit, ourApp])],
    ['stderr', stderr],
    ...(await readAll(root)),
  ];
  return visible.flatMap(([place, content]) =>
    Object.values(PLANTED)
      .filter((secret) => JSON.stringify(content).includes(secret))
      .map((secret) => `${secret} in ${place}`),
  );
}

describe('a secret', () => {
  test('No secret is in an argv, log line, status, databag or file outside the run folder, even after errors', async () => {
    const proxy = `http://u:${PLANTED.proxy}@proxy:3128`;
    const unit = await TestUnit.open('app', {
      modelConfig: { 'juju-http-proxy': proxy, 'juju-https-proxy': proxy },
    });
    let stderr = '';
    const dispatch = async (name: string): Promise<void> => {
      await unit.hook(name);
      stderr += unit.stderr;
    };
    try {
      const password = configure(unit);
      const script = addSecret(unit.model, 'script', { 'api-token': PLANTED.script });
      grantSecret(unit.model, script);
      const github = addSecret(unit.model, 'github', { token: PLANTED.github });
      grantSecret(unit.model, github);
      changeConfig(unit.model, {
        ...{ 'github-secret': github, 'github-path': 'octo-org' },
        'script-url': `https://example.com/s?token=${PLANTED.url}`,
        'script-secret-id': script,
      });
      const relation = integrate(unit);
      await dispatch('install');
      const [cloudId = ''] = await unit.cloudIds();
      const secrets = await readFile(unit.paths.secrets, 'utf8');
      const clouds = await readFile(unit.paths.cloudsYaml, 'utf8');
      for (const planted of [PLANTED.script, PLANTED.url, PLANTED.proxy, PLANTED.github])
        expect(secrets).toContain(planted);
      for (const planted of [PLANTED.password, PLANTED.consumer]) expect(clouds).toContain(planted);
      expect(JSON.parse(secrets)).toMatchObject({ scriptSecrets: { 'api-token': PLANTED.script } });

      expect(await readFile(unit.paths.desired, 'utf8')).toContain('"proxy": "secrets.json"');

      await unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('n1') })] }));
      await unit.action('run');
      await unit.action('launch-runner', { 'timeout-minutes': 30 });
      updateSecret(unit.model, password, { password: PLANTED.rotated });
      await dispatch('secret-changed');
      await usePlainOptions(unit, dispatch);
      changeConfig(unit.model, { 'script-url': `ftp://${PLANTED.url}`, 'base-image': 'dingo' });
      await dispatch('config-changed');
      await unit.action('run');
      updateSecret(unit.model, script, { 'api-token': `${PLANTED.script}\0` });
      writeRemote(relation, 'consumer/0', consumerDatabag({ auth_url: '' }));
      await dispatch('update-status');
      unit.breakCharm();
      await dispatch('upgrade-charm');
      expect(await findLeaks(unit, stderr)).toEqual([]);
    } finally {
      await unit.close();
    }
  });
});
