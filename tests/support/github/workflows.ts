import type { GithubState, RunRecord, RunnerOwner, WorkflowRecord } from './github-state.ts';
import { type GithubAnswer, type GithubRequest, NOT_FOUND, refuse } from './routes.ts';

/** The number of requests that a job takes from its start to its end. */
const JOB_REQUESTS = 3;
const BRANCH = 'main';
let lastId = 9000;

/** Answers the calls about a repository and its workflows; undefined for other calls. */
export function answerWorkflows(
  state: GithubState,
  owner: RunnerOwner,
  request: GithubRequest,
): GithubAnswer | undefined {
  const { method, path, url } = request;
  if (path === '' && method === 'GET') {
    return owner.path.startsWith('repos/') ? { status: 200, body: { default_branch: BRANCH } } : NOT_FOUND;
  }
  const own = state.workflows.filter((workflow) => workflow.path === owner.path);
  const [, file, call] = /^\/actions\/workflows\/([^/]+)\/(dispatches|runs)$/.exec(path) ?? [];
  if (file !== undefined) {
    const workflow = own.find((each) => each.file === file);
    if (workflow === undefined) return NOT_FOUND;
    return call === 'runs' ? listRuns(workflow, url.searchParams) : dispatch(state, workflow, request.body);
  }
  const [, of, id, what = ''] = /^\/actions\/(runs|jobs)\/(\d+)(?:\/(jobs|cancel))?$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  const runs = own.flatMap((workflow) => workflow.runs);
  const run = runs.find((each) => (of === 'runs' ? each.id : each.jobId) === Number(id));
  if (run === undefined) return NOT_FOUND;
  switch (`${method} ${of ?? ''} ${what}`) {
    case 'GET jobs ':
      return { status: 200, body: showJob(run) };
    case 'GET runs jobs':
      return { status: 200, body: { total_count: 1, jobs: [showJob(run)] } };
    case 'POST runs cancel':
      return cancel(run);
    default:
      return NOT_FOUND;
  }
}

function dispatch(
  { now }: GithubState,
  { inputs, runs }: WorkflowRecord,
  { ref, inputs: given = {} }: Readonly<Record<string, unknown>>,
): GithubAnswer {
  if (ref !== BRANCH) return refuse(422, `No ref found for: ${String(ref)}`);
  const values = given as Readonly<Record<string, string>>;
  const unexpected = Object.keys(values).filter((name) => !inputs.includes(name));
  if (unexpected.length > 0) return refuse(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  runs.unshift({
    ...{ id: ++lastId, jobId: ++lastId, createdAt: now(), label: values['runner-label'] ?? 'ubuntu-latest' },
    ...{ status: 'queued', conclusion: null, startedAt: null, completedAt: null },
    ...{ isCancelled: false, age: 0, runner: undefined },
  });
  return { status: 204 };
}

function listRuns({ runs }: WorkflowRecord, query: URLSearchParams): GithubAnswer {
  const [, from = ''] = /^>=(.*)$/.exec(query.get('created') ?? '') ?? [];
  const isListed = ({ createdAt }: RunRecord): boolean => from === '' || createdAt >= Date.parse(from);
  const isDispatch = (query.get('event') ?? 'workflow_dispatch') === 'workflow_dispatch';
  const found = isDispatch ? runs.filter(isListed) : [];
  const page = found.slice(0, Math.min(100, Number(query.get('per_page') ?? 30)));
  const shown = page.map(({ id, status, conclusion }) => ({
    id,
    status,
    conclusion,
    event: 'workflow_dispatch',
  }));
  return { status: 200, body: { total_count: found.length, workflow_runs: shown } };
}

function cancel(run: RunRecord): GithubAnswer {
  if (run.status === 'completed') return refuse(409, 'Cannot cancel a workflow run that is completed.');
  run.isCancelled = true;
  return { status: 202, body: {} };
}

function showJob({ jobId, id, status, conclusion, startedAt, completedAt, label, runner }: RunRecord) {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    ...{ id: jobId, run_id: id, status, conclusion, labels: [label], runner_name: runner?.name ?? null },
    ...{ started_at: time(startedAt), completed_at: time(completedAt) },
    html_url: `https://github.com/octo-org/hello/actions/runs/${id}/job/${jobId}`,
  };
}

/** Moves every job on by one request: to an idle runner with its label, and to its end. A runner takes one job. */
export function advanceJobs(state: GithubState): void {
  for (const workflow of state.workflows) for (const run of workflow.runs) advance(run, workflow, state);
}

function advance(run: RunRecord, { ends }: WorkflowRecord, state: GithubState): void {
  const { owners, now } = state;
  if (run.status === 'completed') return;
  if (run.status === 'queued' && !run.isCancelled) {
    const idle = owners
      .flatMap(({ runners }) => runners)
      .find(
        ({ status, busy, labels }) =>
          status === 'online' && !busy && labels.some(({ name }) => name === run.label),
      );
    if (idle === undefined) return;
    idle.busy = true;
    Object.assign(run, { status: 'in_progress', startedAt: now(), runner: idle });
    return;
  }
  run.age += 1;
  const own = ends === 'success' || ends === 'failure' ? ends : undefined;
  const conclusion = run.isCancelled ? 'cancelled' : own;
  if (run.age >= JOB_REQUESTS && conclusion !== undefined) endRun(state, run, conclusion);
}

/** Ends a run. A runner takes one job, so its registration ends too. */
export function endRun(
  { owners, now }: GithubState,
  run: RunRecord,
  conclusion: RunRecord['conclusion'],
): void {
  Object.assign(run, { status: 'completed', conclusion, completedAt: now() });
  for (const { runners } of owners) {
    const at = runners.findIndex((runner) => runner === run.runner);
    if (at >= 0) runners.splice(at, 1);
  }
}
