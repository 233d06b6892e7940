import type { Clock } from '../model/clock.ts';
import type { Observation } from '../model/observation.ts';
import type { OngoingJob } from '../model/job/ongoing-job.ts';
import { InputError } from '../model/errors.ts';
import type { DesiredState } from '../model/unit/desired-state.ts';
import { renderPlanTree } from '../model/unit/plan-tree.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { readTextFile } from '../system/files/text-file.ts';
import { parseBuilt } from '../model/unit/built.ts';
import { BuildCalendars } from './build-calendar.ts';
import { rememberListed } from './journal/back-off.ts';
import { parseJournal } from './journal/parse-journal.ts';
import { type Inbox, readInbox } from './inbox.ts';
import type { JobRunner } from './jobs/job-runner.ts';
import { type Plan, type PlanInput, planWork } from './plan/plan.ts';
import { Observer } from './observer.ts';
import type { JobRunnerFor } from './reconciler.ts';
import { describeEntry } from './report/change-log.ts';
import { layerNamesOf, splitJobs, splitPlan } from './report/plan-nodes.ts';
import { listReportedIds } from './report/cloud-reports.ts';

/** The jobs that run now and the plan that the daemon would execute now. */
export interface Preview {
  readonly unit: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly credentials: PlanInput['credentials'];
  readonly problems: readonly string[];
  readonly running: readonly OngoingJob[];
  readonly plan: Plan;
  /** The jobs and plan entries of each base, layer and image, indented below the layer that they start from or wait for. */
  readonly tree: readonly string[];
  /** The running jobs and plan entries that are not in the tree. */
  readonly others: readonly string[];
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
  const { desired, schedule, credentials } = inbox;
  if (desired === undefined || schedule === undefined) throw new InputError(inbox.problems);
  const runner = runnerFor(desired);
  const { journal, isCorrupt } = parseJournal(await readTextFile(paths.journal));
  const ongoing = await runner.listOngoing();
  const observation = await observeClouds({ ...inbox, desired }, runner, clock);
  const now = clock.now();
  const seen = { credentials, observation, ongoing, now, reportedIds: await readReportedIds(paths) };
  const known = rememberListed(journal, desired, seen);
  const calendar = new BuildCalendars().at(schedule, now);
  const { intervalHours } = calendar;
  const plan = planWork({ desired, intervalHours, calendar, version, journal: known, ...seen });
  const journalProblems = isCorrupt ? [`${paths.journal}: cannot be decoded and is treated as empty`] : [];
  const problems = [...inbox.problems, ...journalProblems];
  const lines = renderPlan(plan, ongoing, desired, observation);
  return { unit: desired.unit, at: now, credentials, problems, running: ongoing, plan, ...lines };
}

/** Renders a plan and the running jobs. */
export function renderPlan(
  plan: Plan,
  running: readonly OngoingJob[],
  desired: DesiredState,
  observation: Observation | undefined,
): Pick<Preview, 'tree' | 'others'> {
  const nameOf = layerNamesOf(desired, observation);
  const { nodes, others } = splitPlan(plan, desired, nameOf);
  const jobs = splitJobs(running, nameOf);
  return {
    tree: renderPlanTree(desired.images, [...jobs.nodes, ...nodes]),
    others: [...jobs.others, ...others.map((entry) => `${describeEntry(entry)}: ${entry.reason}`)],
  };
}

/** Returns no ids for a report that is missing or cannot be decoded, as the daemon does. */
async function readReportedIds({ built }: UnitPaths): Promise<readonly string[]> {
  const text = await readTextFile(built).catch(() => undefined);
  try {
    return listReportedIds(text === undefined ? undefined : parseBuilt(text));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [];
  }
}

/** Observes the clouds as the daemon does, and waits for all answers. */
async function observeClouds(
  input: Inbox & { readonly desired: DesiredState },
  runner: JobRunner,
  clock: Clock,
): Promise<Observation | undefined> {
  if (input.credentials !== 'ready') return undefined;
  const observer = new Observer({ clock, onAnswer: () => undefined });
  await observer.observe(input, runner);
  await observer.idle();
  return observer.answersFor(input);
}

/** Renders the preview for people: running jobs, jobs that would start, skipped entries, and the reason of each. */
export function renderPreviewText({ unit, at, credentials, problems, tree, others }: Preview): string {
  const lines = [
    `${unit} at ${new Date(at).toISOString()}, credentials ${credentials}`,
    ...problems.map((problem) => `problem: ${problem}`),
    ...tree,
    ...others,
  ];
  return `${lines.join('\n')}\n`;
}

/** Renders the preview as one line of JSON. */
export function renderPreviewJson({ at, ...preview }: Preview): string {
  return `${JSON.stringify({ at: new Date(at).toISOString(), ...preview })}\n`;
}
