import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GithubEmulator, startGithub } from '../support/github/emulator.ts';
import type { WorkflowRecord } from '../support/github/github-state.ts';
import type { Mirror } from '../support/mirror.ts';
import { watchArguments } from './support/argument-watch.ts';
import { type BuilderUser, createBuilderUser } from './support/builder-user.ts';
import { type Deployment, deployCharm } from './support/charm-on-lab.ts';
import { wipeImages } from './support/copies.ts';
import { findInImage } from './support/image-search.ts';
import { takeInventory } from './support/inventory.ts';
import { consumerDatabag } from './support/lab-credentials.ts';
import { GATEWAY, askPython } from './support/lab.ts';
import { type ProgramOptions, type ProgramResult, runProgram } from './support/program.ts';
import { startTinyMirror } from './support/run-on-lab.ts';

const APPLICATION = 'e2e-runner';
const PATH = 'octo-org';

let mirror: Mirror;
let github: GithubEmulator;
let user: BuilderUser;
let charm: Deployment;
let imageId: string;
let before: Sides;
let output = '';

const workflow: WorkflowRecord = {
  ...{ path: 'repos/octo-org/hello', file: 'trial.yml', inputs: ['runner-label'], runs: [] },
  ends: { script: '' },
};

/** The number of the resources of a runner in OpenStack, and of the registrations at GitHub. */
interface Sides {
  readonly servers: number;
  readonly ports: number;
  readonly keypairs: number;
  readonly runners: number;
}

async function countSides(cloud = 'builder'): Promise<Sides> {
  const { servers, ports, keypairs } = await takeInventory(cloud);
  const own = await user.listKeypairs();
  return {
    ...{ servers: servers.length, ports: ports.length, keypairs: keypairs.length + own.length },
    runners: github.names().length,
  };
}

const oneMore = (than: Sides, keypairs = 0): Sides => ({
  ...{ servers: than.servers + 1, ports: than.ports + 1, keypairs: than.keypairs + keypairs },
  runners: than.runners + 1,
});

/** Runs a command for runners as the application `prefix`. */
async function run(
  prefix: string,
  command: readonly string[],
  { token = github.token, ...options }: ProgramOptions & { readonly token?: string } = {},
): Promise<ProgramResult> {
  const place = ['--os-cloud', 'builder', '--prefix', prefix];
  const where = ['--github-path', PATH, '--github-api-url', github.apiUrl];
  const env = { IMAGE_BUILDER_GITHUB_TOKEN: token };
  const result = await runProgram([...command, ...place, ...where], { env, ...options });
  output += `${result.stdout}${result.stderr}`;
  return result;
}

const launch = (prefix: string, more: readonly string[] = [], options: Parameters<typeof run>[2] = {}) =>
  run(
    prefix,
    ['runner', 'launch', '--image', imageId, '--flavor', 'lab.runner', '--network', 'lab', ...more],
    options,
  );

const inspect = async (command: string, cloud: string, name: string): Promise<string> =>
  JSON.stringify(await askPython('server.py', [command, cloud, name], 400));

beforeAll(async () => {
  mirror = await startTinyMirror();
  github = await startGithub(Date.now, GATEWAY);
  github.state.workflows.push(workflow);
  await wipeImages('neighbour', 'e2e-');
  user = await createBuilderUser(APPLICATION);
  charm = await deployCharm(user, mirror, 'no script', {
    application: APPLICATION,
    githubToken: github.token,
    config: () => ({
      'base-image': 'noble',
      'github-path': PATH,
      'github-api-url': github.apiUrl,
      'trial-workflow': 'hello/trial.yml',
    }),
  });
  const relation = charm.agent.relate('image', 'runners');
  relation.addUnit('runners/0', await consumerDatabag('neighbour'));
  await charm.agent.waitForIdle();
  imageId = await charm.until('an image of the charm', 400, async () => {
    const built = await charm.readBuilt();
    const image = built?.clouds.find(({ cloudId }) => cloudId === 'builder')?.images[0];
    const isCopied = built?.clouds.length === 2 && built.clouds.every(({ images }) => images.length === 1);
    return isCopied && built.running.length === 0 ? image?.imageId : undefined;
  });
  before = await countSides();
});

afterAll(async () => {
  await charm.machine.close();
  await user.delete();
  await github.close();
  await mirror.close();
  for (const cloud of ['builder', 'neighbour']) await wipeImages(cloud, 'e2e-');
});

describe('a trial of an image that the charm built', () => {
  test.each([
    ['the build cloud', 'builder', {}],
    ['the cloud of a consumer', 'neighbour', { consumer: 'runners' }],
  ])(
    'The action runs a job on a runner in %s, and then neither OpenStack nor GitHub has the runner',
    async (_where, cloud, params) => {
      const start = await countSides(cloud);
      workflow.ends = { script: '' }; // the job has no step yet
      const task = await charm.agent.runAction('launch-runner', { 'timeout-minutes': 10, ...params });
      expect(task).toMatchObject({ status: 'completed' });
      const { id = '' } = task.results;
      await charm.until('the trial job to run', 240, () =>
        workflow.runs[0]?.status === 'in_progress' ? true : undefined,
      );
      expect(await countSides(cloud)).toEqual(oneMore(start));
      workflow.ends = { script: 'test -x "$HOME/actions-runner/run.sh"' };
      await charm.until('the end of the trial', 120, async () =>
        (await charm.readBuilt())?.running.length === 0 ? true : undefined,
      );
      const { results } = await charm.agent.runAction('show-build', { id });
      process.stderr.write(`show-build of the trial: ${JSON.stringify(results, null, 2)}\n`);
      expect(results).toMatchObject({
        ...{ kind: 'trial', outcome: 'succeeded', image: `${APPLICATION}-noble-x64` },
        ...{
          'seconds-to-online': expect.stringMatching(/^\d/),
          'seconds-to-idle': expect.stringMatching(/^\d/),
        },
        ...{ job: expect.stringMatching(/^success /), 'job-seconds': expect.stringMatching(/^\d/) },
      });
      expect(workflow.runs[0]).toMatchObject({ label: results['runner'], conclusion: 'success' });
      expect(await countSides(cloud)).toEqual(start);
      output += JSON.stringify(results);
    },
  );

  test('No file, process or databag of the unit has a config of a runner', async () => {
    const [, ...configs] = github.state.secrets; // the first is the token, which the unit has
    expect(await charm.machine.findText(configs)).toEqual([]);
  });
});

describe('a runner that the program launches', () => {
  const killed = 'e2e-runner-killed';

  test('A launch that is killed leaves server, keypair and registration, which lead the sweep to them', async () => {
    const { signal } = await launch(killed, ['--lifetime', '60'], {
      onLine: (line, pid) => {
        if (line.includes('Z wait for runner')) process.kill(pid, 'SIGKILL');
      },
    });
    expect({ signal, ...(await countSides()) }).toEqual({ signal: 'SIGKILL', ...oneMore(before, 1) });
  });

  test('The sweep removes what the killed launch left as soon as its time has passed', async () => {
    const { json: listed } = await run(killed, ['runner', 'list']);
    const [runner] = listed['runners'] as readonly { readonly name: string; readonly kept_until: string }[];
    await sleep(Math.max(0, Date.parse(runner?.kept_until ?? '') + 1000 - Date.now()));
    const { exitCode, json } = await run(killed, ['sweep']);
    expect({ exitCode, warnings: json['warnings'] }).toEqual({ exitCode: 0, warnings: [] });
    expect(json['swept']).toEqual(
      expect.arrayContaining([
        `runner ${runner?.name ?? ''} of ${PATH}`,
        expect.stringMatching(`^server ${runner?.name ?? ''} `),
      ]),
    );
    expect(await countSides()).toEqual(before);
  });

  test('A wrong token is refused with one message before anything is created', async () => {
    const { exitCode, json } = await launch(APPLICATION, [], { token: 'wrong-token' });
    expect({ exitCode, message: json['error'] }).toMatchObject({
      exitCode: 3,
      message: {
        message: expect.stringContaining('set IMAGE_BUILDER_GITHUB_TOKEN to a token that is valid'),
      },
    });
    expect(await countSides()).toEqual(before);
  });

  test('The config of a launched runner is in no argument, user data, console, metadata, output or image', async () => {
    const watch = watchArguments(() => github.state.secrets);
    const result = await launch(APPLICATION);
    process.stderr.write(`runner launch: ${result.stderr}${result.stdout}\n`);
    expect({ code: result.exitCode, problem: /ERROR.*/.exec(result.stderr)?.[0] }).toEqual({ code: 0 });
    expect(await countSides()).toEqual(oneMore(before));
    const name = String(result.json['runner']);
    const [registered] = github.org.runners;
    expect(registered).toMatchObject({ name, status: 'online' });
    const shown = [
      output,
      await inspect('console', 'builder', name),
      await inspect('user-data', 'admin', name),
      JSON.stringify(await takeInventory()),
    ].join('\n');
    expect(shown).toContain('github-runner-image-builder'); // user data and console were read
    const { id: snapshot } = JSON.parse(await inspect('snapshot', 'builder', name)) as {
      readonly id: string;
    };
    const deleted = await run(APPLICATION, ['runner', 'delete', name]);
    expect(deleted.json).toMatchObject({ runner: name, was_registered: true });
    expect(await countSides()).toEqual(before);
    expect({ arguments: watch.stop(), inGuests: [...new Set(github.state.leaks)] }).toEqual({
      arguments: [],
      inGuests: ['none'],
    });
    for (const secret of github.state.secrets) expect(`${shown}${output}`).not.toContain(secret);
    const secrets = github.state.secrets.map((value, index) => ({ name: `secret ${index}`, value }));
    expect(await findInImage(snapshot, secrets)).toEqual([]);
    const line = `runner ${registered?.id ?? 0} is listening for jobs`; // shows that the search can find something
    expect(await findInImage(snapshot, [{ name: 'log of the runner', value: line }])).not.toEqual([]);
  });
});
