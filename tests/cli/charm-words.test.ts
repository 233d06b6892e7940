import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands/command-table.ts';
import { OPTIONS_OF_FLAGS, toCharmWords } from '../../src/cli/charm-words.ts';
import { chooseFlavor } from '../../src/image-builder/build/choose-flavor.ts';
import { chooseNetwork } from '../../src/image-builder/build/choose-network.ts';
import { encodeHostSecrets } from '../../src/model/job/host-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { encodeJobArguments } from '../../src/model/job/job-arguments.ts';
import { encodeJobOrder, type JobOrder } from '../../src/model/job/job-order.ts';
import { messageOf } from '../../src/model/text/message-of.ts';
import { decodeListResult } from '../../src/model/result/program-result-list.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../src/model/job/timeouts.ts';
import { orderHead } from '../builder/support/jobs.ts';
import { declaredOptions } from '../charm/support/options.ts';
import { useClouds } from '../image-builder/use-clouds.ts';
import { useProgram } from './run-program.ts';
import { LINEAR_SECONDS, processorSecondsOf } from '../support/processor-time.ts';

const ROOT = join(import.meta.dirname, '../../src');
const timeouts = (Object.keys(DEFAULT_TIMEOUTS) as readonly (keyof Timeouts)[]).map(timeoutOption);
const declaredFlags = COMMANDS.flatMap(({ options }) =>
  Object.values(options).flatMap(({ flags }) => /--[a-z0-9-]+/.exec(flags)?.[0] ?? []),
);

/** Returns the code that jobs run, without its comments. */
async function readCode(): Promise<string> {
  const folders = ['image-builder', 'openstack', 'guest', 'system'];
  const found = folders.map(async (folder) => {
    const names = await readdir(join(ROOT, folder), { recursive: true });
    const sources = names.filter((name) => name.endsWith('.ts'));
    return Promise.all(sources.map((name) => readFile(join(ROOT, folder, name), 'utf8')));
  });
  return (await Promise.all(found))
    .flat()
    .join('\n')
    .replace(/^\s*(\*|\/\*|\/\/).*$/gm, '');
}

function messageFrom(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return messageOf(error);
  }
}

const network = (name: string) => ({
  id: `id-${name}`,
  name,
  status: 'ACTIVE',
  subnets: ['s'],
  'router:external': false,
});
const flavor = (name: string, vcpus: number) => ({ id: `id-${name}`, name, vcpus, ram: 4096, disk: 40 });
const MINIMUM = { vcpus: 2, ram: 1024, disk: 20 };

describe("the charm's words for the program's settings", () => {
  test.each(Object.entries(OPTIONS_OF_FLAGS))('The flag %s is the option %s of the charm', (flag, option) => {
    expect(Object.keys(declaredOptions())).toContain(option);
    expect(declaredFlags).toContain(flag);
    expect(toCharmWords(`choose: ${flag}: expected x, got y\n${flag}: expected z`)).toBe(
      `choose: ${option}: expected x, got y\n${option}: expected z`,
    );
  });

  test.each(timeouts)('The charm does not show %s, which it cannot set', (flag) => {
    expect(toCharmWords(`waited 9 s for it; ${flag} sets the limit (3 times)`)).toBe(
      'waited 9 s for it (3 times)',
    );
  });

  test('Every flag in a message of a job has a word in the charm, or cannot come from one', async () => {
    const words = (await readCode()).match(/(?<=[\s'`"])--[a-z0-9]+(-[a-z0-9]+)*/g) ?? [];
    const flags = words.filter((flag) => declaredFlags.includes(flag));
    // The charm orders none of these; `--labels` is an option of the runner's own config.sh.
    const fromHand = ['--juju', '--microk8s', '--dockerhub-cache', '--proxy', '--labels'];
    const unknown = flags.filter((flag) => !(flag in OPTIONS_OF_FLAGS) && !fromHand.includes(flag));
    expect(unknown).toEqual([]);
    expect(flags).toEqual(expect.arrayContaining(['--flavor', '--network']));
  });

  test('No advice in a message of a job names clouds.yaml in the charm', async () => {
    const advice = (await readCode()).match(/; [^'`;\n]*clouds\.yaml[^'`\n]*/g) ?? [];
    expect(advice.length).toBeGreaterThan(0);
    expect(advice.map(toCharmWords).filter((words) => words.includes('clouds.yaml'))).toEqual([]);
  });

  test.each([
    [
      () => chooseNetwork([network('a'), network('b')], ''),
      'build-network: expected one of a, b, got nothing',
    ],
    [() => chooseNetwork([network('a')], 'c'), 'build-network: expected one of a, got c'],
    [
      () => chooseNetwork([network('a'), { ...network('a'), id: 'other' }], 'a'),
      'build-network: expected one with the name a, found several; give an id: id-a, other',
    ],
    [() => chooseFlavor([flavor('a', 2)], 'c', MINIMUM), 'build-flavor: expected one of a, got c'],
    [
      () => chooseFlavor([flavor('a', 1)], 'a', MINIMUM),
      'build-flavor: expected at least 2 vCPU, 1024 MiB, 20 GiB, got 1 vCPU, 4096 MiB, 40 GiB with a',
    ],
  ])('The choice %# names the option and its candidates', (choose, words) => {
    expect(toCharmWords(messageFrom(choose))).toBe(words);
  });

  test.each([
    ['clouds.builder.region_name: expected one of a, b', 'openstack-region: expected one of a, b'],
    ['clouds.p_u-1a.region_name: expected one of a, b', 'consumer-regions: expected one of a, b'],
    ['/run/app-0/clouds.yaml: clouds.builder.auth.auth_url: expected x', 'openstack-auth-url: expected x'],
    ['/run/app-0/clouds.yaml: clouds.p.u-1.auth.user: expected x', 'user in the relation data: expected x'],
    ['answered 401; check the credentials in clouds.yaml', 'answered 401'],
    [
      'the listing did not end within 80 s; twice --api-timeout is the limit',
      'the listing did not end within 80 s',
    ],
    ['docker: unknown flag --network, see --flavor: x', 'docker: unknown flag --network, see --flavor: x'],
  ])('The text %j is shown as %j', (text, words) => expect(toCharmWords(text)).toBe(words));

  test('Long foreign texts are translated in linear time', () => {
    const seconds = processorSecondsOf(() => {
      for (const part of ['/', 'clouds.', '--network', ': ', '/clouds.yaml', '; '])
        toCharmWords(part.repeat(200_000));
    });
    expect(seconds).toBeLessThan(LINEAR_SECONDS);
  });
});

describe('the result of a job', () => {
  const at = useClouds();
  const program = useProgram(at);
  const none = new Secret('');
  const proxy = { http: none, https: none, noProxy: none };
  const secrets = { generation: 1, scriptUrl: none, scriptSecrets: {}, proxy, openstackCa: '', github: {} };
  const host = { arch: 'x64', newBuildId: 'b1', readDescriptor: () => encodeHostSecrets(secrets) };
  const order: JobOrder = {
    ...orderHead({ id: 'j1' }),
    kind: 'list',
    cloudIds: ['builder', 'c-1'],
    extraImages: [],
  };

  /** Returns an entry of clouds.yaml without its region. */
  const entry = (name: 'source' | 'c'): string =>
    JSON.stringify({ ...(JSON.parse(at.entry(name)) as object), region_name: undefined });

  beforeEach(async () => {
    at.source.openstack.addRegion(at.b.openstack.state);
    at.c.openstack.addRegion(at.d.openstack.state);
    await program.writeClouds({ builder: entry('source'), 'c-1': entry('c') });
    await writeFile(join(program.folder, 'order.json'), encodeJobOrder(order));
  });

  test('A cloud of several regions without a chosen one fails with the option that chooses it', async () => {
    const ran = await program.run(encodeJobArguments(order), { host });
    expect(decodeListResult(ran.out)?.clouds).toEqual(
      [
        ['builder', 'openstack-region', 'lab-a, lab-b'],
        ['c-1', 'consumer-regions', 'lab-c, lab-d'],
      ].map(([cloudId, option, regions]) => ({
        ...{ cloudId, state: 'failed', kind: 'input', type: 'RegionNotFoundError' },
        message: `${option}: expected one of ${regions}, got nothing`,
      })),
    );
  });

  test('The same failure by hand names the key of clouds.yaml', async () => {
    const ran = await program.run(['list', '--clouds', 'c-1']);
    expect(ran.out).toMatch('clouds.c-1.region_name: expected one of lab-c, lab-d, got nothing');
  });

  test('A consumer whose cloud has one region needs no region', async () => {
    at.c.openstack.state.regions.splice(0);
    const ran = await program.run(encodeJobArguments(order), { host });
    expect(decodeListResult(ran.out)?.clouds[1]).toMatchObject({ cloudId: 'c-1', state: 'seen' });
  });
});
