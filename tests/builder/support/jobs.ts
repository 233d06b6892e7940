import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { afterEach, beforeEach } from '@jest/globals';
import type { StaticConfigs } from '../../../src/builder/config.ts';
import { initialize } from '../../../src/builder/initialize.ts';
import { findJobProcesses } from '../../../src/builder/job-processes.ts';
import { installHostSecrets } from '../../../src/builder/credentials.ts';
import type { JobSpec } from '../../../src/builder/start-job.ts';
import type { RunTools } from '../../../src/builder/tools.ts';
import { Secret } from '../../../src/model/secret.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { runCommand, startDetached } from '../../../src/system/command.ts';
import { type TestHost, UNIT, useHost } from './host.ts';

/** What the program is to do for `<command>` or `<command> <argument>`. */
interface ScriptedAct {
  readonly result?: unknown;
  /** Instead of a result. */
  readonly stdout?: string;
  readonly stderr?: readonly string[];
  readonly exitCode?: number;
  /** It ends as soon as this file is there. */
  readonly holdUntil?: string;
  readonly ignoresTerm?: boolean;
}

interface Call {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly secrets?: string;
}

export const SCRIPT_URL = 'https://example.com/script?token=URL-MARKED';
export const SECRET = 'SCRIPT-MARKED';

export const CONFIG: StaticConfigs = {
  cloudConfig: {
    buildCloud: 'builder',
    buildFlavor: 'm1',
    buildNetwork: '',
    resourcePrefix: 'app',
    uploadClouds: ['a', 'b'],
    numRevisions: 5,
  },
  imageConfig: { arch: 'x64', prefix: 'app', scriptUrl: undefined, runnerVersion: '' },
  serviceConfig: { dockerhubCache: undefined, proxy: undefined },
};

/** A build's order, whose command line tells no more than it must. */
export const buildSpec = (change: Partial<JobSpec> = {}): JobSpec => ({
  kind: 'build',
  subject: 'img',
  cloudIds: ['a'],
  reason: 'never built',
  buildId: 'b1',
  secrets: 'none',
  render: ({ application, modelUuid, unit, buildId }) => [
    'run',
    'img',
    '--owner',
    JSON.stringify({ application, model_uuid: modelUuid, unit, build_id: buildId }),
  ],
  ...change,
});

export interface JobFixture extends TestHost {
  tools: RunTools;
  script: (acts: Readonly<Record<string, ScriptedAct>>) => Promise<void>;
  calls: () => Promise<readonly Call[]>;
  /** Waits until `count` calls were written down. */
  waitForCalls: (count: number) => Promise<readonly Call[]>;
  /** A file that a held program waits for, and how to make it. */
  gate: string;
  release: () => Promise<void>;
}

/** A host that is set up, and tools to run jobs there; whatever runs after a test is killed. */
export function useJobs(): JobFixture {
  const fixture = useHost() as JobFixture;
  beforeEach(async () => {
    const { host, root } = fixture;
    await initialize(
      {
        cloudConfig: { clouds: {} },
        channel: 'charm',
        cronInterval: 6,
        imageArch: 'x64',
        resourcePrefix: 'app',
        unitName: UNIT,
      },
      host,
    );
    const none = new Secret('');
    await installHostSecrets(
      {
        generation: 1,
        scriptUrl: new Secret(SCRIPT_URL),
        scriptSecrets: { TOKEN: new Secret(SECRET) },
        proxy: { http: none, https: none, noProxy: none },
      },
      host,
    );
    fixture.tools = makeTools(fixture);
    fixture.gate = join(root, 'gate');
    fixture.release = () => writeFile(fixture.gate, '');
    fixture.script = (acts) => writeFile(join(host.paths.state, 'script.json'), JSON.stringify(acts));
    const folder = join(host.paths.state, 'calls');
    await mkdir(folder);
    fixture.calls = () => readCalls(folder);
    fixture.waitForCalls = async (count) => {
      await until(async () => (await readCalls(folder)).length >= count);
      return readCalls(folder);
    };
  });
  afterEach(async () => {
    for (const { identity } of await findJobProcesses(fixture.tools)) kill(identity.pid, 'SIGKILL');
  });
  return fixture;
}

function makeTools({ host }: TestHost): RunTools {
  let made = 0;
  return {
    paths: host.paths,
    orderer: { application: 'app', modelUuid: 'model-1', unit: UNIT },
    clock: systemClock,
    signal: new AbortController().signal,
    runCommand,
    startDetached,
    newBuildId: () => `${(made += 1)}`.padStart(12, '0'),
    environment: { https_proxy: 'http://proxy:3128' },
    pollIntervalMs: 10,
    urls: { cloudImages: 'https://images.example.com', runnerReleases: 'https://runner.example.com' },
    inputs: { charm: '0.1.0', runner: 'latest', script: 'none' },
    maxParallel: 2,
  };
}

async function readCalls(folder: string): Promise<readonly Call[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Call),
  );
}

/** Waits until something is so; the test's own deadline is the limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await systemClock.sleep(5);
}
