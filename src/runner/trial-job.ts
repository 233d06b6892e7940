import {
  type Decoded,
  anything,
  fields,
  integer,
  list,
  withDefault,
  nameText,
  shortText,
  urlText,
} from '../model/decode.ts';
import type { TrialWorkflow } from '../model/job/trial.ts';
import { type GithubClient, isStatus } from './github/github-client.ts';

/** The input of the workflow that becomes its `runs-on`. */
const LABEL_INPUT = 'runner-label';
/** GitHub's clock may differ from that of this host. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;
/** The newest runs that are searched for the job. */
const MAXIMUM_RUNS = 20;

const repositoryFields = fields({ default_branch: nameText });
const runsFields = fields({ workflow_runs: list(fields({ id: integer })) });
const jobFields = fields({
  id: integer,
  run_id: integer,
  /** `queued`, `in_progress`, `completed` and others. */
  status: nameText,
  conclusion: withDefault(shortText, ''),
  html_url: withDefault(urlText, ''),
  started_at: withDefault(shortText, ''),
  completed_at: withDefault(shortText, ''),
  labels: list(shortText),
});
const jobsFields = fields({ jobs: list(jobFields) });

/** A job of a workflow run. */
export type TrialJob = Decoded<typeof jobFields>;

/**
 * Starts the workflow on the default branch, for a runner with this label.
 * Documented at https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
 */
export async function dispatchWorkflow(
  workflow: TrialWorkflow,
  label: string,
  github: GithubClient,
): Promise<void> {
  const operation = `dispatch ${render(workflow)}`;
  const read = { ...callOf(workflow), operation, method: 'GET', suffix: '' } as const;
  const { default_branch: ref } = await github.call(workflow, read, repositoryFields);
  const body = { ref, inputs: { [LABEL_INPUT]: label } };
  const suffix = `/actions/workflows/${workflow.file}/dispatches`;
  await github.call(workflow, { ...callOf(workflow), operation, method: 'POST', suffix, body }, anything);
}

/**
 * Finds the job that asks for the label, among the newest runs since `since`, in epoch milliseconds. A dispatch returns no
 * id of its run.
 */
export async function findTrialJob(
  workflow: TrialWorkflow,
  { label, since }: { readonly label: string; readonly since: number },
  github: GithubClient,
): Promise<TrialJob | undefined> {
  const operation = `find the run of ${render(workflow)}`;
  const created = encodeURIComponent(`>=${new Date(since - CLOCK_TOLERANCE_MS).toISOString()}`);
  const query = `event=workflow_dispatch&created=${created}&per_page=${MAXIMUM_RUNS}`;
  const call = { ...callOf(workflow), operation, method: 'GET' } as const;
  const suffix = `/actions/workflows/${workflow.file}/runs?${query}`;
  const { workflow_runs: runs } = await github.call(workflow, { ...call, suffix }, runsFields);
  for (const { id } of runs) {
    const ofRun = { ...call, suffix: `/actions/runs/${id}/jobs?per_page=100` };
    const { jobs } = await github.call(workflow, ofRun, jobsFields);
    const found = jobs.find(({ labels }) => labels.includes(label));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads a job again. */
export async function readTrialJob(
  workflow: TrialWorkflow,
  { id }: Pick<TrialJob, 'id'>,
  github: GithubClient,
): Promise<TrialJob> {
  const operation = `read job ${id} of ${render(workflow)}`;
  const call = { ...callOf(workflow), operation, method: 'GET', suffix: `/actions/jobs/${id}` } as const;
  return github.call(workflow, call, jobFields);
}

/** Cancels the run of a job. Does nothing when it has ended. */
export async function cancelTrialJob(
  workflow: TrialWorkflow,
  { run_id: id }: Pick<TrialJob, 'run_id'>,
  github: GithubClient,
): Promise<void> {
  const operation = `cancel run ${id} of ${render(workflow)}`;
  const call = { ...callOf(workflow), operation, method: 'POST', isRepeatable: true } as const;
  try {
    await github.call(workflow, { ...call, suffix: `/actions/runs/${id}/cancel` }, anything);
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
  }
}

function render({ owner, repo, file }: TrialWorkflow): string {
  return `workflow ${file} of ${owner}/${repo}`;
}

/** Returns the part that all calls have in common: the advice in the words of GitHub's settings. */
function callOf({ owner, repo, file }: TrialWorkflow) {
  const path = `${owner}/${repo}`;
  const right = 'the repository permission "Actions: write" (classic tokens: the scope repo)';
  const advise = (status: number): string | undefined => {
    switch (status) {
      case 403:
        return `give the login ${right}`;
      case 404:
        return `check that ${path} has .github/workflows/${file} on its default branch, and give the login ${right}`;
      case 422:
        return `give ${file} the trigger workflow_dispatch with the input ${LABEL_INPUT}, on the default branch`;
      default:
        return undefined;
    }
  };
  return { advice: advise };
}
