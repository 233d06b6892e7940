import { open } from 'node:fs/promises';
import { pid } from 'node:process';
import { messageOf } from '../../model/text/message-of.ts';
import type { Logger } from '../log/logger.ts';
import type { DetachedRequest, RunCommand } from './command.ts';

/** Returns the request that runs a program under a limit. */
export type LimitProgram = (request: DetachedRequest) => DetachedRequest;

interface ScopeTools {
  /** The path of systemd-run. */
  readonly systemdRun: string;
  readonly run: RunCommand;
  readonly logger: Logger;
}

const PROBE_TIMEOUT_MS = 10_000;

/** Succeeds as a child of the process `$0` with the descriptor 3: systemd-run has become this shell and closed nothing. */
const PROBE = ': <&3 && [ "$PPID" = "$0" ]';

/**
 * Returns a function that puts each program into a scope of systemd with a memory limit, where the kernel kills this program
 * alone. Tries it once with a shell; where that fails, logs the reason and limits nothing.
 */
export async function openScopes(memoryMiB: number, tools: ScopeTools): Promise<LimitProgram> {
  const { systemdRun, run, logger } = tools;
  // systemd-run becomes the program, with its pid, folder and descriptors
  const args = ['--scope', '--quiet', '--collect', '-p', `MemoryMax=${memoryMiB}M`, '--'];
  const problem = await findProblem({ systemdRun, run }, args);
  if (problem !== undefined) {
    logger.warning('jobs run without a memory limit', { reason: problem });
    return (request) => request;
  }
  return (request) => ({ ...request, file: systemdRun, args: [...args, request.file, ...request.args] });
}

async function findProblem(
  { systemdRun, run }: Pick<ScopeTools, 'systemdRun' | 'run'>,
  args: readonly string[],
): Promise<string | undefined> {
  const descriptor = await open('/dev/null');
  try {
    const { exitCode, stderr } = await run({
      file: systemdRun,
      args: [...args, '/bin/sh', '-c', PROBE, `${pid}`],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      inherited: [descriptor.fd],
      timeoutMs: PROBE_TIMEOUT_MS,
    });
    if (exitCode === 0) return undefined;
    return stderr.trim().slice(0, 200) || `${systemdRun} does not become the program that it runs`;
  } catch (error) {
    return messageOf(error);
  } finally {
    await descriptor.close();
  }
}
