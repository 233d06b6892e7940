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
import { ToolPace } from '../tools/tool-pace.ts';
import { UnitAgent } from '../unit-agent.ts';

export interface MachineOptions {
  /** The folder in which the machine's folder is created; the system's temporary folder by default. */
  readonly workDir?: string;
  /** The upper limit for RestartSec of all services, in milliseconds. */
  readonly maxRestartMs?: number;
  /** The variables that systemd passes to every service: DefaultEnvironment= in system.conf. */
  readonly serviceEnvironment?: Readonly<Record<string, string>>;
  /** The minimum duration of a hook tool call, from the start of its process; 0 by default. */
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
  /** The base of the machine: `ubuntu@24.04` by default. */
  readonly base?: string;
  /** The settings of `juju model-config`, such as `juju-http-proxy`. */
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

/** Fast and bounded: three retries within one second. */
const RETRY: RetryPolicy = { firstMs: 50, maxMs: 500, attempts: 3 };

const PERL = '/usr/bin/perl';

const FOLDERS = ['var/lib', 'var/log', 'etc/systemd/system', 'etc/cron.d', 'usr/bin'];

/** A machine that runs Juju units, with its own root, lock and systemd. It starts real processes: always `close` it. */
export class Machine {
  /** The folder that the charm uses as `/`. */
  readonly root: string;
  readonly hostCalls: HostCall[] = [];
  /** The duration of hook tool calls. */
  readonly toolPace: ToolPace;
  readonly #work: string;
  readonly #shm: string;
  readonly #systemd: Systemd;
  readonly #lock = new MachineLock();
  readonly #agents: UnitAgent[] = [];
  readonly #servers: SocketServer[] = [];

  constructor(work: string, shm: string, options: MachineOptions) {
    const { maxRestartMs = Number.MAX_SAFE_INTEGER, serviceEnvironment = {}, toolMs = 0 } = options;
    this.toolPace = new ToolPace(toolMs);
    this.#work = work;
    this.#shm = shm;
    this.root = join(work, 'root');
    const journals = join(work, 'journal');
    this.#systemd = new Systemd(this.root, { journals, maxRestartMs, environment: serviceEnvironment });
  }

  /** Creates the root and starts the server for the host's programs. */
  async prepare(): Promise<void> {
    for (const folder of FOLDERS) await mkdir(join(this.root, folder), { recursive: true });
    await symlink(this.#shm, join(this.root, 'run'));
    const socket = join(this.#work, 'host.socket');
    await mkdir(join(this.#work, 'programs'));
    await writeFile(join(this.#work, 'programs/host-socket'), socket);
    await copyFile(join(import.meta.dirname, '../programs/ask-machine.pl'), this.#program);
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
    const paths = {
      charmDir,
      toolsDir: await this.#linkTools(name),
      socket: join(this.#work, `${name}.socket`),
    };
    const agent = new UnitAgent({ model, paths, folder, files, lock: this.#lock, retry });
    const answer = (request: ProgramRequest) =>
      this.toolPace.run(request.elapsedMs, () => agent.runner.answer(request));
    this.#servers.push(await serveSocket(paths.socket, answer));
    this.#agents.push(agent);
    return agent;
  }

  services(): readonly ServiceView[] {
    return this.#systemd.list();
  }

  /** Returns the output of a service. */
  async journal(service: string): Promise<string> {
    return readFile(this.#systemd.journalOf(service), 'utf8').catch(() => '');
  }

  /** Edits the unit file of a service and reloads systemd, as an operator does. */
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

  /** Lists every process of this machine: hooks, services and their orphans. */
  listProcesses(): readonly ProcessView[] {
    return viewProcessesOf(this.#folders);
  }

  /** Lists every file below the root, including `/run`, without the machine's own programs. */
  async listFiles(): Promise<readonly string[]> {
    const files = [...(await listFiles(this.root)), ...(await listFiles(this.#shm))];
    return files.filter(
      (path) => !path.startsWith(join(this.root, 'usr/bin/')) && path !== join(this.root, 'run'),
    );
  }

  /** Lists every place outside `/run` that contains one of the texts: files, processes and the models. */
  async findText(texts: readonly string[]): Promise<readonly string[]> {
    const models = this.#agents.map(({ model }) => model);
    return [
      ...(await findInFiles(this.#work, texts)),
      ...findInProcesses(this.#folders, texts),
      ...models.flatMap((model) => findInModel(model, texts)),
    ];
  }

  /** Reboots: kills every process, empties /run, starts the enabled services, then runs the start hook of each unit. */
  async reboot(): Promise<void> {
    const resumes = await Promise.all(this.#agents.map((agent) => agent.suspend()));
    await this.#endProcesses();
    for (const name of await readdir(this.#shm)) await rm(join(this.#shm, name), { recursive: true });
    await this.#systemd.boot();
    for (const resume of resumes) resume(true);
    for (const agent of this.#agents) await agent.waitForIdle();
  }

  /** Kills every process of this machine and deletes its folders. */
  async close(): Promise<void> {
    for (const resume of await Promise.all(this.#agents.map((agent) => agent.suspend()))) resume(false);
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

/** Opens a new machine in its own folders. */
export async function openMachine(options: MachineOptions = {}): Promise<Machine> {
  await access(PERL).catch(() => {
    throw new Error(`no Perl at ${PERL}, in which the hook tools are written: run apt-get install perl-base`);
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
