import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { finishAction } from '../model/actions.ts';
import { type ToolAnswer, answerTool } from '../tools/answer-tool.ts';
import { type CharmProcess, type CharmProcessEnd, startCharmProcess } from './charm-process.ts';
import { type HookContext, commit, drop, openContext } from './hook-context.ts';
import { type AgentPaths, hookEnvironment } from './hook-environment.ts';
import { type Model, writeLog } from '../model/model.ts';
import type { Operation } from '../model/operations.ts';
import type { ProgramRequest } from '../tools/socket-server.ts';

/** The result of an operation; the agent runs a killed one again. */
export type RunEnd =
  { readonly kind: 'done' | 'killed' } | { readonly kind: 'failed'; readonly message: string };

/** Runs the charm in its own process for one operation at a time, and answers the hook tools of that process. */
export class CharmRunner {
  readonly #model: Model;
  readonly #paths: AgentPaths;
  #context: HookContext | undefined;
  #process: CharmProcess | undefined;

  constructor(model: Model, paths: AgentPaths) {
    this.#model = model;
    this.#paths = paths;
  }

  async run(operation: Operation): Promise<RunEnd> {
    const context = openContext(this.#model, operation.event);
    this.#context = context;
    try {
      const end = await this.#runProcess(context);
      return this.#finish(context, end, operation);
    } finally {
      drop(context);
      this.#context = undefined;
      this.#process = undefined;
    }
  }

  /** Kills the running process, as a reboot does. */
  kill(): void {
    this.#process?.kill();
  }

  /** Answers a hook tool. A call without the context of the running operation is refused and recorded in the model. */
  answer({ command, args, contextId = '', stdin }: ProgramRequest): ToolAnswer | 'stdin required' {
    const context = this.#context;
    if (context?.id === contextId) return answerTool(context, command, args, stdin);
    const message =
      context === undefined
        ? `dial unix ${this.#paths.socket}: connect: no such file or directory`
        : `bad request: wrong context ID; got ${JSON.stringify(contextId)}`;
    const stderr = `ERROR ${message}\n`;
    const call = {
      at: this.#model.now(),
      contextId,
      during: '',
      tool: command,
      args,
      stdin,
      code: 1,
      stderr,
    };
    this.#model.toolCalls.push(call);
    return { code: 1, stdout: '', stderr };
  }

  async #runProcess(context: HookContext): Promise<CharmProcessEnd> {
    const { charmDir } = this.#paths;
    const env = hookEnvironment(context, this.#paths);
    const shared = { cwd: charmDir, env, args: [] };
    if (context.event.kind === 'exec') {
      const request = {
        file: '/bin/bash',
        args: ['-s'],
        input: context.event.commands,
        waitsForOutput: true,
      };
      return this.#start({ ...shared, ...request });
    }
    const file = findProgram(charmDir, env['JUJU_DISPATCH_PATH'] ?? '');
    if (file === undefined) return this.#skip(context);
    const logger = `unit.${this.#model.unit}.${context.name}`;
    const onLine = (stream: 'stdout' | 'stderr', line: string): void =>
      writeLog(this.#model, stream === 'stdout' ? 'DEBUG' : 'WARNING', logger, line);
    const onExit = (): void => {
      this.#context = undefined; // hook tool calls of the hook's orphans are refused from now on
    };
    return this.#start({ ...shared, file, waitsForOutput: false, onLine, onExit });
  }

  #start(request: Parameters<typeof startCharmProcess>[0]): Promise<CharmProcessEnd> {
    this.#process = startCharmProcess(request);
    return this.#process.end;
  }

  #skip({ event, name }: HookContext): CharmProcessEnd {
    if (event.kind === 'action') {
      return { kind: 'not started', message: `action not implemented on unit "${this.#model.unit}"` };
    }
    writeLog(this.#model, 'DEBUG', 'juju.worker.uniter', `skipped "${name}" hook (missing)`);
    return { kind: 'exited', code: 0, stdout: '', stderr: '' };
  }

  #finish(context: HookContext, end: CharmProcessEnd, { exec }: Operation): RunEnd {
    if (context.event.kind === 'action') return finishTask(context, end);
    if (exec !== undefined) {
      exec.answer(finishExec(context, end));
      return { kind: 'done' };
    }
    return finishHook(context, end);
  }
}

function findProgram(charmDir: string, dispatchPath: string): string | undefined {
  const paths = [join(charmDir, 'dispatch'), join(charmDir, dispatchPath)];
  return paths.find((path) => existsSync(path));
}

function finishHook(context: HookContext, end: CharmProcessEnd): RunEnd {
  if (end.kind === 'killed') return { kind: 'killed' };
  const message =
    end.kind === 'not started' ? end.message : end.code === 0 ? commit(context) : `exit status ${end.code}`;
  return message === undefined ? { kind: 'done' } : { kind: 'failed', message };
}

function finishTask(context: HookContext, end: CharmProcessEnd): RunEnd {
  if (end.kind === 'exited') finishAction(context, end);
  else if (context.event.kind === 'action') {
    const message = end.kind === 'killed' ? 'action terminated' : end.message;
    Object.assign(context.event.task, { status: 'failed', message });
  }
  return { kind: 'done' };
}

/** Commits the writes of a juju-exec, whatever the exit code of its script. */
function finishExec(context: HookContext, end: CharmProcessEnd): ToolAnswer {
  if (end.kind !== 'exited') return { code: 1, stdout: '', stderr: 'ERROR command execution aborted\n' };
  const problem = commit(context);
  if (problem === undefined) return end;
  return { code: 1, stdout: end.stdout, stderr: `${end.stderr}ERROR ${problem}\n` };
}
