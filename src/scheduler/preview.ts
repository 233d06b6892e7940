import type { Clock } from '../model/clock.ts';
import type { Observation } from '../model/observation.ts';
import type { OngoingJob } from '../model/ongoing-job.ts';
import { messageOf } from '../model/message-of.ts';
import { InputError, ProductError } from '../model/errors.ts';
import { buildCloudOf, uploadCloudsOf } from '../model/desired-state.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import { readTextFile } from '../system/files/text-file.ts';
import { parseJournal } from './journal/back-off.ts';
import { type Inbox, readInbox } from './inbox.ts';
import type { JobRunner } from './jobs/job-runner.ts';
import { type Plan, type PlanInput, planWork } from './plan/plan.ts';
import type { JobRunnerFor } from './reconciler.ts';
import { describeEntry } from './report/change-log.ts';

/** The jobs that run now and the plan that the daemon would execute now. */
export interface Preview {
  readonly unit: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly credentials: PlanInput['credentials'];
  readonly problems: readonly string[];
  readonly running: readonly OngoingJob[];
  readonly plan: Plan;
}

export interface PreviewParts {
  readonly version: string;
  readonly paths: UnitPaths;
  readonly clock: Clock;
  readonly runnerFor: JobRunnerFor;
}

/** Computes the daemon's plan without executing it. Throws InputError when a file that a plan needs is missing. */
export async function previewPlan(parts: PreviewParts): Promise<Preview> {
  const { paths, clock, version, runnerFor } = parts;
  const inbox = await readInbox(paths);
  const { desired, schedule, credentials, environment } = inbox;
  if (desired === undefined || schedule === undefined) throw new InputError(inbox.problems);
  const runner = runnerFor(desired, environment);
  const { journal, isCorrupt } = parseJournal(await readTextFile(paths.journal));
  const ongoing = await runner.listOngoing();
  const clouds = [buildCloudOf(desired), ...uploadCloudsOf(desired)];
  const { observation, failures } = await observeClouds(inbox, clouds, runner);
  const now = clock.now();
  const seen = { credentials, observation, journal, ongoing, now };
  const plan = planWork({ desired, intervalHours: schedule.intervalHours, version, ...seen });
  const journalProblems = isCorrupt ? [`${paths.journal}: cannot be decoded and is treated as empty`] : [];
  const problems = [...inbox.problems, ...journalProblems, ...failures];
  return { unit: desired.unit, at: now, credentials, problems, running: ongoing, plan };
}

async function observeClouds(
  { credentials }: Inbox,
  clouds: readonly string[],
  runner: JobRunner,
): Promise<{ readonly observation: Observation | undefined; readonly failures: readonly string[] }> {
  if (credentials !== 'ready') return { observation: undefined, failures: [] };
  try {
    return { observation: await runner.observe(clouds), failures: [] };
  } catch (error) {
    if (!(error instanceof ProductError)) throw error;
    return { observation: undefined, failures: [messageOf(error)] };
  }
}

/** Renders the preview for people: running jobs, jobs that would start, skipped entries, and the reason of each. */
export function renderPreviewText({ unit, at, credentials, problems, running, plan }: Preview): string {
  const lines = [
    `${unit} at ${new Date(at).toISOString()}, credentials ${credentials}`,
    ...problems.map((problem) => `problem: ${problem}`),
    ...running.map(
      ({ kind, subject, buildId, reason }) => `runs: ${kind} ${subject} (${buildId}): ${reason}`,
    ),
    ...plan.map((entry) => `${describeEntry(entry)}: ${entry.reason}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Renders the preview as one line of JSON. */
export function renderPreviewJson({ at, ...preview }: Preview): string {
  return `${JSON.stringify({ at: new Date(at).toISOString(), ...preview })}\n`;
}
