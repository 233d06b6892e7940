import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { pid } from 'node:process';
import { PROGRAM_FILE } from '../../../src/builder/host/programs.ts';
import { parseJobOrder } from '../../../src/model/job/job-order.ts';
import { systemClock } from '../../../src/system/clock.ts';
import {
  type CommandRequest,
  type CommandResult,
  type RunCommand,
  runCommand,
} from '../../../src/system/process/command.ts';

/*
 * The scripted program contains the source of the first four functions, which therefore use `node:fs` only. A daemon in
 * this process calls them directly: it queries its clouds in every reconcile, and a new Node process for each query would
 * take most of the time of the tests.
 */

interface ScriptedCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly order: unknown;
  readonly env: object;
  readonly pid: number;
}

/** Records a call in a file that appears complete. */
export function writeCall(home: string, call: ScriptedCall): void {
  mkdirSync(`${home}/calls`, { recursive: true });
  const name = `${home}/calls/${process.hrtime.bigint()}-${call.pid}.json`;
  writeFileSync(`${name}.draft`, JSON.stringify(call));
  renameSync(`${name}.draft`, name);
}

/** Returns the images in the folder of a cloud, newest first. */
export function imagesIn(folder: string): readonly { readonly created_at: string }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as { readonly created_at: string })
    .sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** Reports whether a file keeps `list` running: `hold-list`, or `hold-list-<cloud id>` for one cloud. */
export function isHeld(home: string, clouds: readonly string[]): boolean {
  return ['', ...clouds.map((cloud) => `-${cloud}`)].some((suffix) =>
    existsSync(`${home}/hold-list${suffix}`),
  );
}

/** Returns the result of `list`. */
export function listClouds(home: string, clouds: readonly string[]): object {
  const listCloud = (cloud: string): object => {
    const folder = `${home}/cloud/${cloud}`;
    if (!existsSync(folder)) return { cloud, error: { kind: 'denied', message: 'the password is wrong' } };
    return { cloud, project_key: readFileSync(`${folder}/project`, 'utf8'), images: imagesIn(folder) };
  };
  return { clouds: clouds.map(listCloud) };
}

/** Runs commands, but answers the `list` of the scripted program without a process. */
export const runCommandOrList: RunCommand = (request) => {
  const [script = '', command, kind] = request.args;
  if (!script.endsWith(PROGRAM_FILE) || command !== 'job' || kind !== 'list') return runCommand(request);
  return answerList(request);
};

async function answerList({ args, env, cwd = '', signal }: CommandRequest): Promise<CommandResult> {
  const home = env['HOME'] ?? '';
  const order = parseJobOrder(readFileSync(`${cwd}/order.json`, 'utf8'));
  writeCall(home, { command: 'list', args: args.slice(1), order, env, pid });
  const failure = existsSync(`${home}/fail-list`) ? readFileSync(`${home}/fail-list`, 'utf8') : undefined;
  const clouds = order.kind === 'list' ? order.cloudIds : [];
  while (isHeld(home, clouds) && signal?.aborted !== true) await systemClock.sleep(10);
  const ended = { exitCode: 0, signal: undefined, stdout: '', stderr: '' };
  if (signal?.aborted === true) return { ...ended, exitCode: undefined, signal: 'SIGTERM' };
  if (failure !== undefined) return { ...ended, exitCode: 5, stdout: `{"error":${failure},"warnings":[]}` };
  return { ...ended, stdout: JSON.stringify(listClouds(home, clouds)) };
}
