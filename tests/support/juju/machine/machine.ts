import {
  access,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOOL_NAMES, type ToolAnswer } from '../tools/answer-tool.ts';
import { readCharm, unpackCharm } from '../charm/charm-unzip.ts';
import { findInFiles, findInModel, findInProcesses, listFiles } from './find-text.ts';
import { type ProcessView, killProcessesOf, viewProcessesOf } from './host-processes.ts';
import { answerJujuExec } from '../charm/juju-exec.ts';
import { MachineLock } from './machine-lock.ts';
import { createModel } from '../model/model.ts';
import type { RetryPolicy } from '../model/operation-loop.ts';
import { type ProgramRequest, type SocketServer, serveSocket } from '../tools/socket-server.ts';
import { answerSystemctl } from './systemctl.ts';
import { type ServiceView, Systemd } from './systemd.ts';
import { ToolPace } from '../tool-pace.ts';
import { UnitAgent } from '../unit-agent.ts';

export interface MachineOptions {
  /** Where its folder is made; the system's folder for temporary files by default. */
  readonly workDir?: string;
  /** Services are not kept waiting for longer before they are started again. */
  readonly longestRestartMs?: number;
  /** What systemd's manager gives to every service: DefaultEnvironment= in system.conf. */
  readonly serviceEnvironment?: Readonly<Record<string, string>>;
  /** How long a call of a hook tool takes at least, from the start of its process; by default as long as it needs. */
  readonly toolMs?: number;
}

export interface UnitOptions {
  /** The packed charm. */
  readonly charm: string;
  readonly application?: string;
  readonly unitNumber?: number;
  readonly modelName?: string;
  readonly modelUuid?: string;
  readonly jujuVersion?: string;
  /** `juju model-config`: `juju-http-proxy` and the like. */
  readonly modelConfig?: Readonly<Record<string, string>>;
  readonly leader?: boolean;
  readonly retry?: RetryPolicy;
}

/** A call of a program of the host, `systemctl` or `juju-exec`. */
export interface HostCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly code: number;
}

/** Quick, and bounded: three times within a second. */
const RETRY: RetryPolicy = { firstMs: 50, mostMs: 500, attempts: 3 };

const PERL = '/usr/bin/perl';

const FOLDERS = ['var/lib', 'var/log', 'etc/systemd/system', 'etc/cron.d', 'usr/bin'];

/** A machine that Juju's units run on: a root of its own, one lock, a systemd. `close` it: it has real processes. */
export class Machine {
  /** What the charm takes for `/`. */
  readonly root: string;
  readonly hostCalls: HostCall[] = [];
  /** The time that hook tools take. */
  readonly toolPace: ToolPace;
  readonly #work: string;
  readonly #shm: string;
  readonly #systemd: Systemd;
  readonly #lock = new MachineLock();
  readonly #agents: UnitAgent[] = [];
  readonly #servers: SocketServer[] = [];

  constructor(work: string, shm: string, options: MachineOptions) {
    const { longestRestartMs = Number.MAX_SAFE_INTEGER, serviceEnvironment = {}, toolMs = 0 } = options;
    this.toolPace = new ToolPace(toolMs);
    this.#work = work;
    this.#shm = shm;
    this.root = join(work, 'root');
    const journals = join(work, 'journal');
    this.#systemd = new Systemd(this.root, { journals, longestRestartMs, environment: serviceEnvironment });
  }

  /** Lays out the root and answers the host's programs. */
  async prepare(): Promise<void> {
    for (const folder of FOLDERS) await mkdir(join(this.root, folder), { recursive: true });
    await symlink(this.#shm, join(this.root, 'run'));
    const socket = join(this.#work, 'host.socket');
    await mkdir(join(this.#work, 'programs'));
    await writeFile(join(this.#work, 'programs/host-socket'), socket);
    await copyFile(join(import.meta.dirname, 'programs/ask-machine.pl'), this.#program);
    await chmod(this.#program, 0o755);
    for (const name of ['juju-exec', 'systemctl'])
      await symlink(this.#program, join(this.root, 'usr/bin', name));
    this.#servers.push(await serveSocket(socket, (request) => this.#answerHost(request)));
  }

  /** Adds a unit whose charm is unpacked but not yet deployed. Throws CharmRefused. */
  async addUnit({ charm, retry = RETRY, ...options }: UnitOptions): Promise<UnitAgent> {
    const unpacked = await mkdtemp(join(this.#work, 'unit-'));
    const files = await unpackCharm(charm, unpacked);
    const model = createModel({ ...options, charm: await readCharm(unpacked), now: () => Date.now() });
    const name = model.unit.replace('/', '-');
    const folder = join(this.#work, 'agents', `unit-${name}`);
    const charmDir = join(folder, 'charm');
    await mkdir(folder, { recursive: true });
    await rename(unpacked, charmDir);
    await chmod(charmDir, 0o755);
    await writeFile(join(folder, 'host-root'), this.root);
    const places = {
      charmDir,
      toolsDir: await this.#linkTools(name),
      socket: join(this.#work, `${name}.socket`),
    };
    const agent = new UnitAgent({ model, places, folder, files, lock: this.#lock, retry });
    const answer = (request: ProgramRequest) =>
      this.toolPace.run(request.elapsedMs, () => agent.runner.answer(request));
    this.#servers.push(await serveSocket(places.socket, answer));
    this.#agents.push(agent);
    return agent;
  }

  services(): readonly ServiceView[] {
    return this.#systemd.list();
  }

  /** What a service printed. */
  async journal(service: string): Promise<string> {
    return readFile(this.#systemd.journalOf(service), 'utf8').catch(() => '');
  }

  /** Changes a service's unit file as an operator does, with a daemon-reload after it. */
  async editServiceFile(service: string, edit: (text: string) => string): Promise<void> {
    const path = join(this.root, 'etc/systemd/system', service);
    await writeFile(path, edit(await readFile(path, 'utf8')));
    await this.#systemd.reload();
  }

  async restartService(service: string): Promise<void> {
    const { code, stderr } = await answerSystemctl(this.#systemd, ['restart', service]);
    if (code !== 0) throw new Error(stderr);
  }

  /** Sends a signal to a service's main process. */
  async killService(service: string, signal: NodeJS.Signals): Promise<void> {
    (await this.#systemd.find(service))?.signal(signal);
  }

  /** Every process of this machine, hooks and services and what they left. */
  listProcesses(): readonly ProcessView[] {
    return viewProcessesOf(this.#folders);
  }

  /** Every file below the root, `/run` included, without the programs that came with the machine. */
  async listFiles(): Promise<readonly string[]> {
    const files = [...(await listFiles(this.root)), ...(await listFiles(this.#shm))];
    return files.filter(
      (path) => !path.startsWith(join(this.root, 'usr/bin/')) && path !== join(this.root, 'run'),
    );
  }

  /** Where any of these texts can be read, but for `/run`: files, processes, and what Juju was told. */
  async findText(texts: readonly string[]): Promise<readonly string[]> {
    const models = this.#agents.map(({ model }) => model);
    return [
      ...(await findInFiles(this.#work, texts)),
      ...findInProcesses(this.#folders, texts),
      ...models.flatMap((model) => findInModel(model, texts)),
    ];
  }

  /** Power off and on: every process ends, /run is empty, enabled services start, then each unit's start hook. */
  async reboot(): Promise<void> {
    const resumes = await Promise.all(this.#agents.map((agent) => agent.suspend()));
    await this.#endProcesses();
    for (const name of await readdir(this.#shm)) await rm(join(this.#shm, name), { recursive: true });
    await this.#systemd.boot();
    for (const resume of resumes) resume(true);
    for (const agent of this.#agents) await agent.settle();
  }

  /** Ends every process that it, or the charm, or a service started, and leaves nothing. */
  async close(): Promise<void> {
    for (const ended of await Promise.all(this.#agents.map((agent) => agent.suspend()))) ended(false);
    await this.#endProcesses();
    for (const server of this.#servers) await server.close();
    for (const folder of [this.#work, this.#shm]) await rm(folder, { recursive: true, force: true });
  }

  get #folders(): readonly string[] {
    return [`${this.#work}/`, `${this.#shm}/`];
  }

  get #program(): string {
    return join(this.#work, 'programs/ask-machine.pl');
  }

  async #linkTools(name: string): Promise<string> {
    const folder = join(this.#work, 'tools', `unit-${name}`);
    await mkdir(folder, { recursive: true });
    for (const tool of TOOL_NAMES) await symlink(this.#program, join(folder, tool));
    return folder;
  }

  async #endProcesses(): Promise<void> {
    this.#systemd.halt();
    await killProcessesOf(this.#folders);
  }

  async #answerHost(request: ProgramRequest): Promise<ToolAnswer> {
    const { command: program, args } = request;
    const answer =
      program === 'systemctl'
        ? await answerSystemctl(this.#systemd, args)
        : await answerJujuExec(request, (unit) => this.#agents.find(({ model }) => model.unit === unit));
    this.hostCalls.push({ program, args, code: answer.code });
    return answer;
  }
}

/** A fresh machine, in folders of its own. */
export async function openMachine(options: MachineOptions = {}): Promise<Machine> {
  await access(PERL).catch(() => {
    throw new Error(
      `expected Perl at ${PERL}, in which the hook tools are written: apt-get install perl-base`,
    );
  });
  const { workDir = tmpdir() } = options;
  await mkdir(workDir, { recursive: true });
  const work = await mkdtemp(join(workDir, 'juju-'));
  const shm = await mkdtemp('/dev/shm/juju-');
  const machine = new Machine(work, shm, options);
  try {
    await machine.prepare();
  } catch (error) {
    await machine.close();
    throw error;
  }
  return machine;
}
