import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StepFailedError } from '../../src/image-builder/steps.ts';
import { InputError, InstanceLaunchError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { type CloudsYaml, parseCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import { createInstance } from '../../src/runner/create-instance.ts';
import { GithubClient } from '../../src/runner/github/github-client.ts';
import { type InstanceConfig, createInstanceConfig } from '../../src/runner/instance-config.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { createFastClock } from '../support/fast-clock.ts';
import { openProgramContext } from '../support/program-context.ts';
import { IMAGE, listLeft, useRunners } from './use-runners.ts';

const at = useRunners();
const PATH = { org: 'octo-org', group: '' };
const PLACEMENT = { flavor: '', network: 'lab', floatingNetwork: '', sshCidrs: [], lifetime: 600 };
let program: ReturnType<typeof openProgramContext>;
let github: GithubClient;

beforeEach(() => {
  const clock = createFastClock(50);
  program = openProgramContext({ clock, folder: at.folder, sshPort: at.emulator.guestPort });
  github = new GithubClient({
    ...{ http: program.context.downloads, clock, apiUrl: at.github.apiUrl, apiTimeoutMs: 60_000 },
    auth: { method: 'token', token: new Secret(at.github.token) },
    onSecret: () => undefined,
  });
});
afterEach(() => program.close());

const createConfig = (unit = 'app/3'): Promise<InstanceConfig> =>
  createInstanceConfig(unit, { id: at.imageId, name: IMAGE }, PATH, github);
const launch = async (config: InstanceConfig) =>
  createInstance(await readBuilder(), config, { ...program.context, github, placement: PLACEMENT });

async function readBuilder(): Promise<CloudsYaml> {
  const yaml = parseCloudsYaml(await readFile(`${at.folder}/clouds.yaml`, 'utf8'), 'clouds.yaml');
  return { ...yaml, clouds: new Map([['builder', yaml.clouds.get('builder')]]) };
}

describe('createInstanceConfig', () => {
  test('A config has the name of its unit, the labels of application and image, and a token that registers a runner', async () => {
    const { name, labels, registrationToken, githubPath, openstackImage } = await createConfig();
    expect(name).toMatch(/^app-3-[0-9a-f]{24}$/);
    expect(labels).toEqual(['app', IMAGE]);
    expect([githubPath, openstackImage.id]).toEqual([PATH, at.imageId]);
    expect(at.github.register(registrationToken.reveal(), name, labels)).toBe(true);
    expect(at.github.names()).toEqual([name]);
  });

  test('A name that is not that of a unit is refused before GitHub is asked', async () => {
    expect(await failureOf(createConfig('app'))).toBeInstanceOf(InputError);
    expect(at.github.requests).toEqual([]);
  });
});

describe('createInstance', () => {
  test('A created instance is a server of the image whose runner is online under its name', async () => {
    const config = await createConfig();
    const server = await launch(config);
    expect(server).toMatchObject({ name: config.name, status: 'ACTIVE' });
    const { shown } = at.emulator.cloud('a').state.servers.get(server.id) ?? {};
    expect(shown).toMatchObject({ image: { id: config.openstackImage.id } });
    expect(at.github.org.runners).toMatchObject([{ name: config.name, status: 'online' }]);
  });

  test('An instance whose runner ends is an InstanceLaunchError that leaves nothing', async () => {
    at.runner = 'ends';
    const error = await failureOf(launch(await createConfig()));
    expect(error).toBeInstanceOf(StepFailedError);
    expect(error.cause).toBeInstanceOf(InstanceLaunchError);
    expect(listLeft(at)).toEqual([]);
  });
});
