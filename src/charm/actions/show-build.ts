import { type PastJob, findPastJob, readJobLog } from '../../builder/jobs/past-jobs.ts';
import { InputError } from '../../model/errors.ts';
import type { ImageCopy } from '../../model/image/image-copy.ts';
import type { InstalledPart, StepSeconds } from '../../model/result/program-result-common.ts';
import type { PreflightCheck } from '../../model/result/program-result-preflight.ts';
import type { TrialFacts } from '../../model/result/program-result-trial.ts';
import type { JobResult } from '../../model/program-result.ts';
import { renderLogTail } from '../../model/job/progress-lines.ts';
import { consumerNames } from '../relations/consumers.ts';
import { BUILD_CLOUD } from '../desired.ts';
import { observeHost } from '../observe.ts';
import type { ObservedModel } from '../observed.ts';
import { type Action, type ActionContext, type ActionResults, readText } from './action.ts';
import { describeEnd, describeStart, describeUnknown, findWaitingJob, placeOf } from './describe-job.ts';

const LOG_BYTES = 256 * 1024;
const LOG_LINES = 20;
/** Juju takes all results as arguments of one program. */
const MAX_TEXT = 8000;

/** Shows one build: its steps and parts with their seconds, its copies, and the end of its log. */
export const showBuildAction: Action = {
  results: {
    kind: '`build`, `layer`, `copy`, `prepare`, `prune`, `sweep`, `preflight`, `prune-clouds` for the action `prune`, or `trial` for `launch-runner`',
    image: 'the name of the image, or the bases that were prepared',
    reason: 'why the job was started',
    started: 'the time of the start, in UTC',
    outcome:
      '`waiting`, `running`, `being cancelled`, `succeeded`, `failed`, `cancelled`, or `built, but not copied everywhere`',
    duration: 'the time since the start, or of the whole job',
    'image-id': 'the id of the image in the build cloud',
    error: 'the whole error',
    'failed-step': 'the step that failed',
    leftovers: 'the things in the cloud that could not be removed',
    'runner-version': 'the version of the GitHub runner in the image',
    flavor: "the flavor of the build's server",
    network: "the network of the build's server",
    steps: 'the steps with their seconds, one on each line',
    parts: 'the parts of the image with their seconds and versions, one on each line',
    things: 'what a prune deleted or kept, one on each line: application or cloud, thing, outcome and reason',
    checks:
      'the checks of a preflight, one on each line: outcome, application or cloud, name, reason and remedy',
    runner: 'the name of the runner of a trial, which is the label of its job',
    'seconds-to-online': 'the seconds from the start of the trial until the runner was online',
    'seconds-to-idle': 'the seconds from the start of the trial until the runner was ready for a job',
    job: 'the conclusion of the job of the trial, and its page at GitHub',
    'job-seconds': 'the seconds from the start of the job to its end',
    copies: 'the copies, one on each line: application, outcome, image id, seconds',
    warnings: 'the warnings, one on each line',
    log: 'the last 20 entries of the log',
  },
  perform: showBuild,
};

async function showBuild(context: ActionContext): Promise<ActionResults> {
  const { params, host, clock, logger, observeModel } = context;
  const model = await observeModel();
  const place = placeOf(model, host);
  const id = readText(params, 'id');
  const past = await findPastJob(id, place);
  if (past === undefined) {
    const waiting = findWaitingJob(id, await observeHost(host, logger, clock));
    if (waiting === undefined) throw new InputError([await describeUnknown(id, place)]);
    return { ...waiting, outcome: 'waiting' };
  }
  const log = renderLogTail(await readJobLog(id, LOG_BYTES, place), LOG_LINES);
  return {
    kind: past.job.kind,
    ...describeStart(past.job),
    ...describeEnd(past, clock.now()),
    ...describeError(past),
    ...describeResult(past.end?.outcome.result, model),
    log: log === '' ? 'empty' : log,
  };
}

/** Returns the whole text of an error, with its step and what could not be removed. */
function describeError({ end }: PastJob): ActionResults {
  if (end?.outcome.state !== 'failed') return {};
  const { message, step, leftovers } = end.outcome;
  return withoutEmpty({ error: message, 'failed-step': step, leftovers: leftovers.join('\n') });
}

function describeResult(result: JobResult | undefined, model: ObservedModel): ActionResults {
  if (result === undefined) return {};
  const { runnerVersion = '', flavor = '', network = '', steps = [], parts = [], warnings } = result;
  const copies = result.job === 'build' || result.job === 'copy' ? (result.images ?? []) : [];
  const names = new Map([[BUILD_CLOUD, 'build cloud'], ...consumerNames(model.relations)]);
  return withoutEmpty({
    ...{ 'runner-version': runnerVersion, flavor, network },
    ...describeTrial(result.trial),
    steps: steps.map(describeSeconds).join('\n'),
    parts: parts.map(describePart).join('\n'),
    things: listThings(result, names).join('\n'),
    checks: (result.job === 'preflight' ? (result.checks ?? []) : [])
      .map((check) => describeCheck(check, names.get(check.cloud) ?? check.cloud))
      .join('\n'),
    copies: copies.map((copy) => describeCopy(copy, names.get(copy.cloud) ?? copy.cloud)).join('\n'),
    warnings: warnings.join('\n'),
  });
}

function describeTrial(trial: TrialFacts | undefined): Readonly<Record<string, string>> {
  if (trial === undefined) return {};
  const { runner, onlineSeconds, idleSeconds, jobConclusion = '', jobUrl = '', jobSeconds } = trial;
  return {
    runner,
    'seconds-to-online': `${onlineSeconds}`,
    'seconds-to-idle': `${idleSeconds ?? ''}`,
    job: `${jobConclusion} ${jobUrl}`.trim(),
    'job-seconds': `${jobSeconds ?? ''}`,
  };
}

function describeSeconds({ name, seconds }: StepSeconds): string {
  return `${seconds} s ${name}`;
}

function describePart({ versions = [], ...part }: InstalledPart): string {
  const installed = versions.map(({ name, version }) => `${name} ${version}`).join(', ');
  return `${describeSeconds(part)}${installed === '' ? '' : `: ${installed}`}`;
}

function describeCopy(copy: ImageCopy, consumer: string): string {
  if (copy.outcome === 'failed') return `${consumer}: failed: ${copy.reason}`;
  return `${consumer}: ${copy.outcome}, ${copy.imageId}, ${copy.seconds} s`;
}

/** Describes what a prune deleted or kept, the deleted things first. */
function listThings(result: JobResult, names: ReadonlyMap<string, string>): readonly string[] {
  const things = result.job === 'prune-clouds' ? (result.things ?? []) : [];
  const kept = things.filter(({ outcome }) => outcome === 'kept');
  return [...things.filter((thing) => !kept.includes(thing)), ...kept].map(
    ({ cloud, kind, name, id, outcome, reason }) =>
      `${names.get(cloud) ?? cloud}: ${kind} ${name}${id === name ? '' : ` (${id})`} ${outcome}: ${reason}`,
  );
}

function describeCheck({ name, outcome, reason, advice }: PreflightCheck, place: string): string {
  const remedy = advice === '' ? '' : `; ${advice}`;
  return `${outcome}: ${place === '' ? '' : `${place}: `}${name}: ${reason.replaceAll(/\s+/g, ' ')}${remedy}`;
}

function withoutEmpty(texts: Readonly<Record<string, string>>): ActionResults {
  const given = Object.entries(texts).filter(([, text]) => text !== '');
  return Object.fromEntries(given.map(([key, text]) => [key, text.slice(0, MAX_TEXT)]));
}
