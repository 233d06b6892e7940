import { DEFAULT_CONTENT, DEFAULT_SOURCES } from '../../../src/model/guest/guest-options.ts';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { initialize } from '../../../src/builder/initialize.ts';
import { findProcessIdentity } from '../../../src/system/process/process-identity.ts';
import { listProcesses, signalProcess } from '../../../src/system/process/processes.ts';
import { installHostSecrets } from '../../../src/builder/credentials.ts';
import type { RunTools } from '../../../src/builder/tools.ts';
import type { JobOrder, OrderHead, OrderOf } from '../../../src/model/job/job-order.ts';
import { type StaticConfigs, expandRunConfigs } from '../../../src/model/run-config.ts';
import { Secret } from '../../../src/model/secret.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { runCommand, startDetached } from '../../../src/system/process/command.ts';
import { type TestHost, UNIT, useHost } from './host.ts';

/** The behaviour of the program for orders of a kind, or of a kind and an image (`build img`). */
interface ScriptedBehaviour {
  readonly result?: unknown;
  /** The output instead of a result. */
  readonly stdout?: string;
  readonly stderr?: readonly string[];
  readonly exitCode?: number;
  /** The program ends as soon as this file exists. */
  readonly holdUntil?: string;
  readonly ignoresTerm?: boolean;
  /** The program prints, allocates or computes without end. */
  readonly neverEnds?: 'output' | 'memory' | 'work';
}

interface Call {
  readonly args: readonly string[];
  /** Undefined when the working folder contains no order. */
  readonly order?: JobOrder;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly secrets?: string;
}

export const SCRIPT_URL = 'https://example.com/script?token=URL-MARKED';
export const SECRET = 'SCRIPT-MARKED';
export const GITHUB_TOKEN = 'GITHUB-MARKED';
export const PROXY_PASSWORD = 'PROXY-MARKED';

export const CONFIG: StaticConfigs = {
  cloudConfig: {
    buildCloud: 'builder',
    buildFlavor: 'm1',
    buildNetwork: '',
    floatingNetwork: '',
    sshCidrs: [],
    resourcePrefix: 'app',
    uploadClouds: ['a', 'b'],
    numRevisions: 5,
  },
  imageConfig: {
    arch: 'x64',
    prefix: 'app',
    scriptUrl: 'secrets.json',
    scriptDigest: 'd',
    runnerVersion: '',
    baseReleases: new Map(),
  },
  serviceConfig: {
    dockerhubCache: '',
    proxy: '',
    cloudImagesUrl: 'https://images.example.com',
    runnerReleasesUrl: 'https://runner.example.com',
    sources: DEFAULT_SOURCES,
  },
};

const [ENTRY] = expandRunConfigs({ bases: ['noble'], jujuChannels: [], microk8sChannels: [] }, CONFIG);
if (ENTRY === undefined) throw new Error('unreachable');

/** The owner of jobs in tests. */
export const ORDERER = { application: 'app', modelUuid: 'model-1', unit: UNIT };

/** Returns the fields that every order has. */
export const orderHead = (change: Partial<OrderHead> = {}): OrderHead => ({
  format: 1,
  id: 'b1',
  owner: ORDERER,
  reason: 'never built',
  orderedAt: new Date().toISOString(),
  timeouts: {},
  sshPort: undefined,
  ...change,
});

/** Returns the order to build the image `img` for the cloud `a`. */
export const buildOrder = (change: Partial<OrderOf<'build'>> = {}): OrderOf<'build'> => ({
  ...orderHead(),
  kind: 'build',
  imageName: 'img',
  entry: ENTRY,
  inputs: 'charm=0.1.0 runner=latest script=d',
  layerId: undefined,
  cloudIds: ['a'],
  withinCloud: 'copy',
  keepRevisions: undefined,
  secretsGeneration: 1,
  ...change,
});

export interface JobFixture extends TestHost {
  tools: RunTools;
  script: (behaviours: Readonly<Record<string, ScriptedBehaviour>>) => Promise<void>;
  calls: () => Promise<readonly Call[]>;
  /** Waits until `count` calls were recorded. */
  waitForCalls: (count: number) => Promise<readonly Call[]>;
  /** The file that a held program waits for; `release` creates it. */
  gate: string;
  release: () => Promise<void>;
}

/** Sets a host up and provides tools to run jobs there. Kills the remaining jobs after each test. */
export function useJobs(): JobFixture {
  const fixture = useHost() as JobFixture;
  beforeEach(async () => {
    const { host, root } = fixture;
    await initialize(
      {
        cloudConfig: { clouds: {} },
        channel: 'bundled',
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
        proxy: { http: none, https: new Secret(`http://u:${PROXY_PASSWORD}@proxy:3128`), noProxy: none },
        openstackCa: 'CA',
        github: { token: new Secret(GITHUB_TOKEN) },
      },
      host,
    );
    fixture.tools = makeTools(fixture);
    fixture.gate = join(root, 'gate');
    fixture.release = () => writeFile(fixture.gate, '');
    fixture.script = (behaviours) =>
      writeFile(join(host.paths.state, 'script.json'), JSON.stringify(behaviours));
    const folder = join(host.paths.state, 'calls');
    await mkdir(folder);
    fixture.calls = () => readCalls(folder);
    fixture.waitForCalls = async (count) => {
      await until(async () => (await readCalls(folder)).length >= count);
      return readCalls(folder);
    };
  });
  afterEach(async () => {
    // by their program: the files that make them jobs are gone
    const { programs } = fixture.tools.paths;
    const jobs = (await listProcesses()).filter(({ args }) => args[1]?.startsWith(`${programs}/`));
    for (const { pid } of jobs) {
      const identity = findProcessIdentity(pid);
      if (identity !== undefined) signalProcess(identity, 'SIGKILL');
    }
  });
  return fixture;
}

function makeTools({ host }: TestHost): RunTools {
  let count = 0;
  return {
    paths: host.paths,
    orderer: ORDERER,
    clock: systemClock,
    signal: new AbortController().signal,
    runCommand,
    startDetached,
    newBuildId: () => `${(count += 1)}`.padStart(12, '0'),
    environment: { SSL_CERT_FILE: '/ca.pem' },
    pollIntervalMs: 10,
    inputs: {
      charm: '0.1.0',
      runner: 'latest',
      script: 'none',
      base: '',
      properties: '',
      content: DEFAULT_CONTENT,
      dockerhubCache: '',
    },
    maxParallel: 2,
  };
}

async function readCalls(folder: string): Promise<readonly Call[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Call),
  );
}

/** Waits until a condition is true. The time limit is that of the test. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(5);
}
