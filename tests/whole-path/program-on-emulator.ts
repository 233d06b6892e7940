import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { runProgram } from '../../src/cli/run-program.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import { type Place, readPlace } from '../../src/system/process/process-identity.ts';
import { type HostSecrets, encodeHostSecrets } from '../../src/model/job/host-secrets.ts';
import { encodeJobArguments } from '../../src/model/job/job-arguments.ts';
import { type JobOrder, ORDER_FILE, encodeJobOrder } from '../../src/model/job/job-order.ts';
import { readDescriptor } from '../../src/system/process/descriptor.ts';
import { type Mirror, startMirror } from '../support/mirror.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import { createFastClock } from '../support/fast-clock.ts';

/** The speed of the clouds and of the program's clock. */
const SPEED = 50;
const IMAGE_BYTES = 600_000;

/** The exit code and the output of the program. */
export interface ProgramRun {
  readonly code: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly err: string;
}

/** Runs the program against two emulated clouds and a mirror, which are new for each test. */
export interface EmulatorFixture {
  emulator: Emulator;
  mirror: Mirror;
  /** The folder with clouds.yaml. */
  folder: string;
  run(argv: readonly string[], signal?: AbortSignal, place?: Place): Promise<ProgramRun>;
  /** Runs a job order with these secrets. */
  runOrder(order: JobOrder, secrets: HostSecrets): Promise<ProgramRun>;
  /** Builds `app-noble-x64` in the builder's cloud and copies it to the consumer's. */
  build(more?: readonly string[], signal?: AbortSignal, place?: Place): Promise<ProgramRun>;
}

export const IMAGE = 'app-noble-x64';

/** Starts the clouds and the mirror before each test of the file. */
export function useEmulator(): EmulatorFixture {
  let folder = '';
  let builds = 0;
  const bench = {} as EmulatorFixture;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-'));
    bench.folder = folder;
    const path = join(folder, 'noble.img');
    await writeFile(path, Buffer.concat([QCOW2_MAGIC, Buffer.alloc(IMAGE_BYTES, 'noble ')]));
    bench.mirror = await startMirror({ bases: new Map([['noble', path]]), workDir: folder });
    bench.emulator = await startEmulator({ speed: SPEED });
    await writeFile(join(folder, 'clouds.yaml'), bench.emulator.cloudsYaml());
  });
  afterEach(async () => {
    await bench.emulator.close();
    await bench.mirror.close();
    await rm(folder, { recursive: true });
  });
  const run = async (
    argv: readonly string[],
    signal = new AbortController().signal,
    place = readPlace(),
    read = readDescriptor,
  ): Promise<ProgramRun> => {
    let out = '';
    let err = '';
    const buildId = createHash('sha256').update(`${builds++}`).digest('hex').slice(0, 12);
    const code = await runProgram({
      argv,
      env: { IMAGE_BUILDER_SSH_PORT: `${bench.emulator.guestPort}` },
      cwd: folder,
      host: { arch: 'x64', newBuildId: buildId, readDescriptor: read },
      place,
      version: '1.2.3',
      clock: createFastClock(SPEED),
      writeOut: (text) => (out += text),
      writeErr: (text) => (err += text),
      isStdoutTerminal: false,
      terminal: { isTerminal: false, columns: 80 },
      signal,
      stoppedBy: () => (signal.aborted ? 'SIGTERM' : undefined),
    });
    return { code, json: JSON.parse(out === '' ? '{}' : out) as ProgramRun['json'], err };
  };
  bench.run = (argv, signal, place) => run(argv, signal, place);
  bench.runOrder = async (order, secrets) => {
    await writeFile(join(bench.folder, ORDER_FILE), encodeJobOrder(order));
    return run(encodeJobArguments(order), undefined, undefined, () => encodeHostSecrets(secrets));
  };
  bench.build = (more = [], ...where) =>
    bench.run([...buildArguments(bench.mirror), '--upload-clouds', 'consumer', ...more], ...where);
  return bench;
}

/** Returns the arguments of a build of `app-noble-x64` in the builder's cloud. */
export function buildArguments({ url }: Mirror): readonly string[] {
  return [
    ...['run', IMAGE, '--os-cloud', 'builder', '--base-image', 'noble', '--prefix', 'app'],
    ...['--flavor', 'lab.runner', '--network', 'lab', '--arch', 'x64'],
    ...['--cloud-images-url', url, '--runner-releases-url', `${url}/releases`],
  ];
}

/** Lists leftovers of a program: everything except complete images and the security group that builds share. */
export function listLeaks({ emulator }: EmulatorFixture): readonly string[] {
  return Object.entries(emulator.inventory()).flatMap(
    ([name, { servers, ports, keypairs, volumes, images }]) => [
      ...servers.map((server) => `${name}: server ${server.name}`),
      ...ports.map((port) => `${name}: port ${port.id}`),
      ...keypairs.map((keypair) => `${name}: keypair ${keypair}`),
      ...volumes.map((volume) => `${name}: volume ${volume.name} ${volume.status}`),
      ...images
        .filter((image) => image.status !== 'active' || image.name.includes('.building-'))
        .map((image) => `${name}: image ${image.name} ${image.status}`),
    ],
  );
}

/** Returns the ids of the complete images named `IMAGE`, by cloud. */
export function listCompleteImages({
  emulator,
}: EmulatorFixture): Readonly<Record<'a' | 'b', readonly string[]>> {
  const inventory = emulator.inventory();
  const idsIn = (cloud: 'a' | 'b'): readonly string[] => {
    const complete = inventory[cloud].images.filter(
      ({ name, status }) => name === IMAGE && status === 'active',
    );
    return complete.map(({ id }) => id);
  };
  return { a: idsIn('a'), b: idsIn('b') };
}

/** Returns the image id of a result. */
export function imageIdOf(json: ProgramRun['json']): string {
  const id = json['image_id'];
  if (typeof id === 'string') return id;
  throw new Error(`expected an image's id, got ${JSON.stringify(id)}`);
}
