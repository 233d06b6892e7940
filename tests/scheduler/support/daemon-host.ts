import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { findJobProcesses } from '../../../src/builder/jobs/job-processes.ts';
import { type Built, parseBuilt } from '../../../src/model/unit/built.ts';
import {
  type DesiredState,
  buildCloudOf,
  encodeDesiredState,
} from '../../../src/model/unit/desired-state.ts';
import { encodeHostSecrets } from '../../../src/model/job/host-secrets.ts';
import type { JobOrder } from '../../../src/model/job/job-order.ts';
import { Secret } from '../../../src/model/secret.ts';
import { type UnitPaths, unitPaths } from '../../../src/model/unit/unit-paths.ts';
import { errorCodeOf } from '../../../src/system/error-code.ts';
import { writeFileAtomic } from '../../../src/system/files/text-file.ts';
import { changeDesired, desiredState } from '../desired-fixtures.ts';
import { JUJU_EXEC, PROGRAM } from './scripted-program.ts';

export const UNIT = 'app/0';
/** A text that every secret of the tests contains. */
export const MARK = 'MARKED';

/** One call of the scripted program. */
export interface Call {
  /** The kind of the job order. */
  readonly command: string;
  readonly args: readonly string[];
  readonly order: JobOrder;
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
}

/** The host of a unit in a temporary folder: the files that hooks write, a scripted program and a scripted juju-exec. */
export class DaemonHost {
  readonly root: string;
  readonly paths: UnitPaths;
  #desired: DesiredState;

  private constructor(root: string) {
    this.root = root;
    this.paths = unitPaths(root, UNIT);
    this.#desired = desiredState({ modelUuid: root });
  }

  /** Creates a host with credentials, a build cloud, the consumer's cloud `red` and no images. */
  static async open(): Promise<DaemonHost> {
    const host = new DaemonHost(await mkdtemp(join(tmpdir(), 'daemon-')));
    const { paths, root } = host;
    const program = join(paths.programs, '1/dist/bin');
    for (const folder of [program, paths.run, join(root, 'usr/bin')])
      await mkdir(folder, { recursive: true });
    await writeFile(join(paths.programs, '1/package.json'), '{"type":"module"}');
    await writeFile(join(program, 'github-runner-image-builder.js'), PROGRAM, { mode: 0o755 });
    await symlink('1', join(paths.programs, 'current'));
    await writeFile(paths.jujuExec, JUJU_EXEC, { mode: 0o755 });
    await host.addCloud(buildCloudOf(host.#desired), 'builders');
    await host.addCloud('red', 'reds');
    await writeFile(paths.schedule, JSON.stringify({ unit: UNIT, intervalHours: 6 }));
    await host.putCredentials(1);
    await host.putDesired();
    return host;
  }

  get desired(): DesiredState {
    return this.#desired;
  }

  async addCloud(cloudId: string, project: string): Promise<void> {
    await mkdir(join(this.paths.state, 'cloud', cloudId), { recursive: true });
    await writeFile(join(this.paths.state, 'cloud', cloudId, 'project'), project);
  }

  /** Writes desired.json with the next generation, as a hook of the charm does. */
  async putDesired(changes: Parameters<typeof changeDesired>[1] = {}): Promise<void> {
    const generation = this.#desired.generation + 1;
    this.#desired = changeDesired(this.#desired, { ...changes, generation });
    await writeFileAtomic(this.paths.desired, encodeDesiredState(this.#desired), 0o600);
  }

  async putCredentials(generation: number): Promise<void> {
    const secret = (text: string): Secret => new Secret(`http://u:${MARK}-${text}@proxy:1`);
    const proxy = { http: secret('http'), https: new Secret(''), noProxy: new Secret('') };
    await mkdir(this.paths.run, { recursive: true });
    const scriptSecrets = { TOKEN: secret('token') };
    const secrets = {
      generation,
      scriptUrl: secret('url'),
      scriptSecrets,
      proxy,
      openstackCa: '',
      github: {},
    };
    await writeFileAtomic(this.paths.cloudsYaml, `clouds: {red: {auth: {password: ${MARK}}}}\n`, 0o600);
    await writeFileAtomic(this.paths.secrets, encodeHostSecrets(secrets), 0o600);
  }

  /** Reports a step of the running build, as the program does. */
  async reportStep(step: string): Promise<void> {
    const [build] = (await this.built())?.running ?? [];
    const line = JSON.stringify({ message: 'step started', fields: { step } });
    await appendFile(join(this.paths.jobs, build?.buildId ?? 'none', 'progress.log'), `${line}\n`);
  }

  /** Writes a file that controls the scripted program. See PROGRAM. */
  async put(name: string, text = ''): Promise<void> {
    await writeFile(join(this.paths.state, name), text);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.paths.state, name), { force: true });
  }

  async calls(command?: string): Promise<readonly Call[]> {
    const folder = join(this.paths.state, 'calls');
    if (!existsSync(folder)) return [];
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const calls = texts.map((text) => JSON.parse(text) as Call);
    return calls.filter((call) => command === undefined || call.command === command);
  }

  /** Counts the calls of juju-exec that dispatch the charm with this event. */
  async dispatches(event: 'run' | 'built'): Promise<number> {
    const text = await readFile(`${this.paths.jujuExec}.calls`, 'utf8').catch(() => '');
    return text.split(`; JUJU_DISPATCH_PATH=hooks/${event} ./dispatch`).length - 1;
  }

  async scriptJujuExec(behavior: 'hang' | 'fail' | 'answer'): Promise<void> {
    for (const mode of ['hang', 'fail']) {
      if (behavior === mode) await writeFile(`${this.paths.jujuExec}.${mode}`, '');
      else await rm(`${this.paths.jujuExec}.${mode}`, { force: true });
    }
  }

  async built(): Promise<Built | undefined> {
    if (!existsSync(this.paths.built)) return undefined;
    return parseBuilt(await readFile(this.paths.built, 'utf8'));
  }

  /** Lists the ids of the images of a cloud. */
  async images(cloudId: string): Promise<readonly string[]> {
    const names = await readdir(join(this.paths.state, 'cloud', cloudId));
    return names.filter((name) => name.endsWith('.json')).map((name) => name.replace(/\.json$/, ''));
  }

  /** Kills the running jobs and removes the folder. */
  async close(): Promise<void> {
    const { application, modelUuid, unit } = this.#desired;
    const context = { paths: this.paths, orderer: { application, modelUuid, unit } };
    for (const { identity } of await findJobProcesses(context)) killIfRunning(identity.pid);
    await rm(this.root, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** Kills a process, unless it has ended since it was found. */
function killIfRunning(pid: number): void {
  try {
    kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCodeOf(error) !== 'ESRCH') throw error;
  }
}
