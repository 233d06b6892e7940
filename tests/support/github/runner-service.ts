import { type GithubState, type RunRecord, connectRunner } from './github-state.ts';
import { endRun } from './workflows.ts';

/** A response to the stand-in runner of a guest. */
interface RunnerAnswer {
  readonly status: number;
  readonly text: string;
}

const GONE: RunnerAnswer = { status: 404, text: '' };

/**
 * Answers `stand-in-runner.sh` in a guest. It connects with its config, asks for a job, and reports its end. This protocol
 * is that of the stand-in, because GitHub documents none for runners.
 */
export function answerRunner(state: GithubState, url: URL, body: string): RunnerAnswer {
  const [, id, call] = /^\/runner(?:\/(\d+))?\/(connect|job|success|failure)$/.exec(url.pathname) ?? [];
  if (call === 'connect') {
    const runner = connectRunner(state, body);
    if (runner === undefined) return { status: 401, text: '' };
    state.leaks.push(url.searchParams.get('leak') ?? 'unknown');
    return { status: 200, text: `${runner.id}` };
  }
  const isRegistered = state.owners.some(({ runners }) => runners.some((runner) => `${runner.id}` === id));
  if (!isRegistered) return GONE;
  const job = findJob(state, id);
  if (call === 'job') return { status: 200, text: job?.script ?? '' };
  if (job === undefined || (call !== 'success' && call !== 'failure')) return GONE;
  endRun(state, job.run, call);
  return { status: 200, text: '' };
}

/** Finds the job that GitHub has given to a runner, and the script of its workflow. */
function findJob(
  { workflows }: GithubState,
  id: string | undefined,
): { readonly run: RunRecord; readonly script: string } | undefined {
  for (const { ends, runs } of workflows) {
    const run = runs.find(({ status, runner }) => status === 'in_progress' && `${runner?.id ?? ''}` === id);
    if (run !== undefined && typeof ends !== 'string') return { run, script: ends.script };
  }
  return undefined;
}
