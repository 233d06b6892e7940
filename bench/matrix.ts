import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type BuilderUser, createBuilderUser, listServersEver } from '../tests/e2e/support/builder-user.ts';
import { deployCharm } from '../tests/e2e/support/charm-on-lab.ts';
import { wipeImages } from '../tests/e2e/support/copies.ts';
import { GATEWAY, baseImageFile } from '../tests/e2e/support/lab.ts';
import { consumerDatabag } from '../tests/e2e/support/lab-credentials.ts';
import { imageIdOf, mirrorOptions, runArguments, runProgram } from '../tests/e2e/support/program.ts';
import { withMounted } from '../tests/e2e/support/scratch-disk.ts';
import { type Mirror, startMirror } from '../tests/support/mirror.ts';

/**
 * Builds two bases with two Juju and two MicroK8s channels each on the lab, and prints a MatrixRow. Runs in the network
 * namespace of the lab. Argument: the number by which the durations of the parts are divided.
 */
const scale = Number(process.argv[2]);

/** The servers of eight images, as Nova recorded them. */
export interface MatrixRun {
  readonly servers: number;
  /** The sum of all servers' times from the order to the end of the deletion. */
  readonly serverSeconds: number;
  /** The time from the order of the first server to the end of the last deletion. */
  readonly wallSeconds: number;
  /** The machine's load average of the last five minutes, at the end. */
  readonly load: number;
}

/** One row of the benchmark. */
export interface MatrixRow {
  readonly scale: number;
  /** Each image alone, by the program. */
  readonly alone: MatrixRun;
  /** The images and all layers, by the charm. */
  readonly layered: MatrixRun;
}

/** The seconds of the installation from the store; the collector stands for the parts that all images share. */
const SECONDS = { 'opentelemetry-collector': 600, microk8s: 300, juju: 240 };
const GUEST_PARTS = '-apt,-docker,-yarn,-yq,-aproxy';
const BASES = ['noble', 'jammy'];
const JUJU = '3/stable';
const MICROK8S = '1.31/stable';
const PARALLEL = 2;
const CONSUMER = 'consumer';
const PREFIXES = { alone: 'bench-alone', layered: 'bench-layered' };
/** The limit of one build alone, and of all eight with layers: twice the time that eight take alone on two cores. */
const LIMIT_S = 1500 + 20_000 / scale;

/** Writes the lab's small base image with a snap store of this speed. */
async function writeBaseImage(folder: string): Promise<string> {
  const [raw, image] = [join(folder, 'disk.raw'), join(folder, 'base.qcow2')];
  await execa('qemu-img', ['convert', '-O', 'raw', baseImageFile('tiny'), raw]);
  const lines = Object.entries(SECONDS).map(([name, seconds]) => `${name} ${seconds / scale}\n`);
  const write = async (root: string): Promise<void> => {
    await mkdir(join(root, 'var/lib/snap-stand-in'));
    await writeFile(join(root, 'var/lib/snap-stand-in/seconds'), lines.join(''));
  };
  await withMounted(raw, write, 'rw');
  await execa('qemu-img', ['convert', '-O', 'qcow2', '-c', raw, image]);
  return image;
}

/** Runs `work` and returns what its servers cost. */
async function measureServers(prefix: string, work: () => Promise<void>): Promise<MatrixRun> {
  const before = new Set((await listServersEver(prefix)).map(({ id }) => id));
  await work();
  const load = loadavg()[1] ?? Number.NaN;
  for (let tries = 0; tries < 30; tries++) {
    const servers = (await listServersEver(prefix)).filter(({ id }) => !before.has(id));
    const times = servers.flatMap(({ created, terminated }) =>
      terminated === null ? [] : [{ from: Date.parse(created), to: Date.parse(terminated) }],
    );
    if (times.length === servers.length) {
      const [first, last] = [
        Math.min(...times.map(({ from }) => from)),
        Math.max(...times.map(({ to }) => to)),
      ];
      const sum = times.reduce((total, { from, to }) => total + to - from, 0);
      return {
        servers: servers.length,
        serverSeconds: sum / 1000,
        wallSeconds: (last - first) / 1000,
        load,
      };
    }
    await sleep(2000);
  }
  throw new Error(`servers of ${prefix} are not deleted`);
}

/** Builds each image from its base image, two at a time. */
async function buildAlone(mirror: Mirror): Promise<void> {
  const variants = BASES.flatMap((base) =>
    ['', JUJU].flatMap((juju) => ['', MICROK8S].map((microk8s) => ({ base, juju, microk8s }))),
  );
  const builds = variants.map(({ base, juju, microk8s }, index) => async () => {
    const options = ['--base-image', base, '--prefix', PREFIXES.alone];
    const channels = ['--juju', juju, '--microk8s', microk8s];
    const name = `${PREFIXES.alone}-${base}-${index}`;
    const parts = ['--guest-parts', GUEST_PARTS];
    const args = runArguments(mirror, name, [...options, ...channels], parts);
    imageIdOf(await runProgram(args, { seconds: LIMIT_S }));
  });
  const work = async (): Promise<void> => {
    for (let build = builds.shift(); build !== undefined; build = builds.shift()) await build();
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Lets the charm build the same images. Ends when a consumer has all of them. */
async function buildInLayers(mirror: Mirror): Promise<void> {
  const user = await createBuilderUser(PREFIXES.layered);
  try {
    await buildWithCharm(mirror, user);
  } finally {
    await user.delete();
  }
}

async function buildWithCharm(mirror: Mirror, user: BuilderUser): Promise<void> {
  const charm = await deployCharm(user, mirror, 'unused', {
    application: PREFIXES.layered,
    config: () => ({
      'max-parallel-builds': PARALLEL,
      'juju-channels': JUJU,
      'microk8s-channels': MICROK8S,
      'guest-parts': GUEST_PARTS,
    }),
  });
  try {
    const relation = charm.agent.relate('image', 'runners');
    relation.addUnit('runners/0', await consumerDatabag(CONSUMER));
    await charm.until('eight images', LIMIT_S, async () => {
      const { failures = [] } = (await charm.readBuilt()) ?? {};
      if (failures.length > 0) throw new Error(JSON.stringify(failures));
      const images = JSON.parse(relation.ourDatabag()['images'] ?? '[]') as readonly unknown[];
      return images.length === 8 || undefined;
    });
  } finally {
    await charm.agent.remove();
    await charm.machine.close();
  }
}

async function wipe(): Promise<void> {
  for (const prefix of Object.values(PREFIXES)) {
    for (const cloud of [CONSUMER, 'builder']) await wipeImages(cloud, prefix);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'bench-matrix-'));
try {
  await wipe();
  const base = await writeBaseImage(folder);
  const mirror = await startMirror({ bases: new Map(BASES.map((name) => [name, base])), host: GATEWAY });
  try {
    const bases = ['--base-image', BASES.join(','), '--prefix', PREFIXES.alone];
    await runProgram(['init', ...bases, ...mirrorOptions(mirror)]);
    const alone = await measureServers(PREFIXES.alone, () => buildAlone(mirror));
    const layered = await measureServers(PREFIXES.layered, () => buildInLayers(mirror));
    const row: MatrixRow = { scale, alone, layered };
    process.stdout.write(JSON.stringify(row));
  } finally {
    await mirror.close();
  }
} finally {
  await wipe();
  await rm(folder, { recursive: true });
}
