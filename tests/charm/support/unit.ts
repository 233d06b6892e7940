import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { runHook } from '../../../src/charm/run-hook.ts';
import { GithubRunnerImageBuilderCharm } from '../../../src/charm/charm.ts';
import type { Built } from '../../../src/model/unit/built.ts';
import type { Clock } from '../../../src/model/clock.ts';
import { type DesiredState, parseDesiredState } from '../../../src/model/unit/desired-state.ts';
import { type UnitPaths, unitPaths } from '../../../src/model/unit/unit-paths.ts';
import type { CommandResult, RunCommand } from '../../../src/system/process/command.ts';
import { layOutCharm } from '../../builder/support/host.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { createTask, finishAction } from '../../support/juju/model/actions.ts';
import { parseCharm } from '../../support/juju/charm/charm-files.ts';
import {
  type HookContext,
  type JujuEvent,
  commit,
  drop,
  openContext,
} from '../../support/juju/charm/hook-context.ts';
import { hookEnvironment } from '../../support/juju/charm/hook-environment.ts';
import {
  type ActionTask,
  type Model,
  type ModelOptions,
  createModel,
} from '../../support/juju/model/model.ts';
import { toolRunner } from '../../support/juju/tools/run-tool.ts';
import { readCharmFile } from './options.ts';
import { TestSystemd } from './systemctl.ts';

const MANIFEST = 'bases:\n  - { name: ubuntu, channel: "24.04", architectures: [amd64] }\n';

/** An event of Juju, or one of the daemon's through juju-exec. */
export type TestEvent = JujuEvent | { readonly kind: 'own'; readonly name: 'run' | 'built' };

/** A unit of the charm in a model, with a host in a temporary folder. */
export class TestUnit {
  readonly model: Model;
  readonly paths: UnitPaths;
  readonly root: string;
  readonly systemd: TestSystemd;
  readonly clock: ManualClock;
  /** The standard error of the last dispatch. */
  stderr = '';
  /** The arguments of the shells that hooks started. They are not run. */
  readonly scripts: (readonly string[])[] = [];
  readonly #charmDir: string;
  #builds = 0;

  private constructor(root: string, charmDir: string, model: Model) {
    this.root = root;
    this.#charmDir = charmDir;
    this.model = model;
    this.paths = unitPaths(root, model.unit);
    this.systemd = new TestSystemd(() => existsSync(this.paths.serviceFile));
    this.clock = new ManualClock();
  }

  static async open(application = 'app', given: Partial<ModelOptions> = {}): Promise<TestUnit> {
    const folder = await openRoot();
    const charmDir = join(folder, `agents/${application}/charm`);
    await layOutCharm(charmDir, '1');
    await writeFile(join(charmDir, '../host-root'), `${folder}\n`);
    const texts = { metadata: readCharmFile('metadata.yaml'), config: readCharmFile('config.yaml') };
    const charm = parseCharm({ ...texts, actions: readCharmFile('actions.yaml'), manifest: MANIFEST });
    let time = 0;
    return new TestUnit(
      folder,
      charmDir,
      createModel({ charm, application, now: () => (time += 1), ...given }),
    );
  }

  async close(): Promise<void> {
    await rm(await readFile(join(this.root, 'memory'), 'utf8'), { recursive: true, force: true });
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs the charm for an event as Juju does, commits its writes on success, and returns the exit code. */
  async dispatch(event: TestEvent, clock: Clock = this.clock): Promise<number> {
    const context = openContext(
      this.model,
      event.kind === 'own' ? { kind: 'exec', commands: './dispatch' } : event,
    );
    const places = { charmDir: this.#charmDir, toolsDir: '/tools', socket: '/socket' };
    const env = {
      ...hookEnvironment(context, places),
      ...(event.kind === 'own' ? { JUJU_DISPATCH_PATH: `hooks/${event.name}` } : {}),
    };
    this.stderr = '';
    const writeErr = (text: string): void => {
      this.stderr += text;
    };
    const runCommand = this.#runCommandOf(context);
    const hookProcess = { env, cwd: this.#charmDir, node: execPath, runCommand, writeErr };
    const newBuildId = (): string => `build-${(this.#builds += 1)}`;
    const exitCode = await runHook(hookProcess, (parts) => {
      return new GithubRunnerImageBuilderCharm({
        ...parts,
        clock,
        version: '1.2.3',
        machine: 'x86_64',
        newBuildId,
      });
    });
    finish(context, exitCode, this.stderr);
    if (exitCode === 0 && event.kind === 'hook' && event.name === 'install') this.#createPeers();
    return exitCode;
  }

  /** Makes the peer relation known to hook tools, as Juju does after install. */
  #createPeers(): void {
    for (const relation of this.model.relations) if (relation.isPeer) relation.created = true;
  }

  hook(name: string): Promise<number> {
    return this.dispatch({ kind: 'hook', name });
  }

  async action(name: string, params: Readonly<Record<string, unknown>> = {}): Promise<ActionTask> {
    const task = createTask(this.model, name, params);
    await this.dispatch({ kind: 'action', task });
    return task;
  }

  async desired(): Promise<DesiredState | undefined> {
    if (!existsSync(this.paths.desired)) return undefined;
    return parseDesiredState(await readFile(this.paths.desired, 'utf8'));
  }

  /** Returns the cloud ids of the desired consumers. */
  async cloudIds(): Promise<readonly string[]> {
    return (await this.desired())?.consumers.map(({ cloudId }) => cloudId) ?? [];
  }

  async report(built: Built): Promise<void> {
    await mkdir(this.paths.state, { recursive: true });
    await writeFile(this.paths.built, JSON.stringify(built));
  }

  /** Deletes the digest of the program from the charm. */
  breakCharm(): void {
    rmSync(join(this.#charmDir, 'program-digest'));
  }

  get status(): string {
    return `${this.model.status.status}: ${this.model.status.message}`;
  }

  #runCommandOf(context: HookContext): RunCommand {
    const tools = toolRunner(context);
    return (request): Promise<CommandResult> => {
      if (request.file === this.paths.systemctl) return Promise.resolve(this.systemd.answer(request));
      if (request.file !== '/bin/sh') return tools(request);
      this.scripts.push(request.args);
      return Promise.resolve({ exitCode: 0, signal: undefined, stdout: '', stderr: '' });
    };
  }
}

/** Ends a dispatch as Juju does. Writes through juju-exec are kept even if it fails. */
function finish(context: HookContext, code: number, stderr: string): void {
  if (context.event.kind === 'action') finishAction(context, { code, stdout: '', stderr });
  else if (code === 0 || context.event.kind === 'exec') commit(context);
  else drop(context);
}

/** Creates the root of a host with /run on a tmpfs. */
async function openRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'unit-'));
  const memory = await mkdtemp('/dev/shm/unit-');
  await symlink(memory, join(root, 'run'));
  await writeFile(join(root, 'memory'), memory);
  for (const folder of ['etc/systemd/system', 'etc/cron.d', 'usr/bin'])
    await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, 'usr/bin/systemctl'), ''); // answered by `systemd`
  return root;
}
