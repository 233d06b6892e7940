import type { Built, JobFailure, RunningJob } from '../../model/unit/built.ts';
import type { FailureKind } from '../../model/errors.ts';
import { BUILD_CLOUD } from '../desired.ts';
import { shortName } from '../../model/image/names.ts';
import { minuteOf } from './status-line.ts';
import { type ReportedInput, type RuleResult, cutProblem, problem, progress } from './status-rule.ts';

/** Returns the status while the daemon does not report. The hook has restarted it. */
export function silentStatus({ silentMinutes, isServed, application }: ReportedInput): RuleResult {
  if (silentMinutes === undefined) return undefined;
  const command = `if this stays: juju debug-log --include ${application}`;
  const message = `scheduler has not reported for ${silentMinutes} min and was restarted; ${command}`;
  return problem(isServed ? 'active' : 'waiting', [message]);
}

/** Returns the status while the daemon is idle. */
export function idleStatus({ built: { idleReason }, isServed }: ReportedInput): RuleResult {
  if (idleReason === undefined) return undefined;
  return isServed
    ? cutProblem('active', `images stay as they are: ${idleReason}`)
    : cutProblem('waiting', idleReason);
}

/**
 * Returns the status when the build cloud refuses the login or a build, which only the operator can correct. While an
 * image is served, the unit works.
 */
export function refusalStatus({ built, application, isServed }: ReportedInput): RuleResult {
  const [first, ...others] = listRefusals(built, application);
  if (first === undefined) return undefined;
  return isServed
    ? cutProblem('active', `serving the last good image because ${first}`, ...others)
    : cutProblem('blocked', first, ...others);
}

function listRefusals(built: Built, application: string): readonly string[] {
  const remedy = `check juju config ${application}`;
  const login = findLoginFailure(built);
  const refused = listBuildFailures(built.failures).filter(({ errorKind }) => needsOperator(errorKind));
  return [
    ...(login !== undefined && needsOperator(login.kind)
      ? [`the build cloud refuses us: ${remedy}: ${login.message}`]
      : []),
    ...refused.map((failure) => `the build is refused: ${remedy}: ${describeFailure(failure, application)}`),
  ];
}

/** Returns the status while images or layers are built or a base is prepared. */
export function buildingStatus({
  built: { running, batch },
  application,
  isServed,
}: ReportedInput): RuleResult {
  const builds = running.filter(({ kind }) => kind === 'build');
  const layers = running.filter(({ kind }) => kind === 'layer');
  const prepares = running.filter(({ kind }) => kind === 'prepare');
  if (builds.length + layers.length + prepares.length === 0) return undefined;
  const total = Math.max(batch.total, builds.length);
  const count = `${Math.min(batch.done + 1, total)}/${total}`;
  const jobs = [
    ...builds.map((job) => describeJob(job, application)),
    ...layers.map((job) => `making ${describeJob(job, application)}`),
    ...prepares.map((job) => `preparing base ${describeJob(job, application)}`),
  ];
  const [first = '', ...others] = jobs;
  const parts = [builds.length === 0 ? first : `building ${count} images: ${first}`, ...others];
  return isServed
    ? progress('maintenance', parts)
    : progress('waiting', [`first image: ${parts[0] ?? ''}`, ...others]);
}

/** Returns the status when no image is served and a build failed. */
export function firstBuildFailureStatus({ built, isServed, application, now }: ReportedInput): RuleResult {
  if (isServed) return undefined;
  const [first, ...others] = listPassingFailures(built);
  if (first === undefined) {
    const message = findOutage(built);
    return message === undefined
      ? undefined
      : cutProblem('waiting', `first image: the build cloud does not answer: ${message}`);
  }
  const { errorKind, nextAttemptAt } = first;
  const cause = describeFailure(first, application);
  const rest = others.map((failure) => describeNext(failure, application, now));
  return errorKind === 'unavailable' || errorKind === 'quota' || errorKind === 'cancelled'
    ? cutProblem('waiting', `first image: next try ${minuteOf(nextAttemptAt, now)}: ${cause}`, ...rest)
    : cutProblem(
        'blocked',
        `no image yet: failed because ${cause}; next try ${minuteOf(nextAttemptAt, now)}`,
        ...rest,
      );
}

/** Returns the status when an image is served but the build of a newer one failed. */
export function lastBuildFailureStatus({ built, isServed, application, now }: ReportedInput): RuleResult {
  if (!isServed) return undefined;
  const [first, ...others] = listPassingFailures(built);
  if (first === undefined) {
    const message = findOutage(built);
    return message === undefined
      ? undefined
      : cutProblem(
          'active',
          `serving the last good image because the build cloud does not answer: ${message}`,
        );
  }
  return cutProblem(
    'active',
    `serving the last good image (next try ${minuteOf(first.nextAttemptAt, now)}) because ${describeFailure(first, application)}`,
    ...others.map((failure) => describeNext(failure, application, now)),
  );
}

/** Returns the status when no image is served, nothing has failed and nothing runs. */
export function firstImageStatus({ built: { nextBuildAt }, isServed, now }: ReportedInput): RuleResult {
  if (isServed) return undefined;
  const when = nextBuildAt === undefined ? 'about to be built' : `next build ${minuteOf(nextBuildAt, now)}`;
  return progress('waiting', [`first image: ${when}`]);
}

/** Returns the status when an image is served. New relations may still wait for theirs. */
export function readyStatus({ built: { nextBuildAt }, unserved, now }: ReportedInput): RuleResult {
  const next = nextBuildAt === undefined ? [] : [`next build ${minuteOf(nextBuildAt, now)}`];
  const waiting = unserved.length === 0 ? [] : [`no image yet for ${unserved.join(', ')}`];
  return progress('active', [...next, ...waiting]);
}

/** Returns the failure of the last query of the build cloud. */
function findLoginFailure({ clouds }: Pick<Built, 'clouds'>): Built['clouds'][number]['failure'] {
  return clouds.find(({ cloudId }) => cloudId === BUILD_CLOUD)?.failure;
}

function listBuildFailures(failures: readonly JobFailure[]): readonly JobFailure[] {
  return failures.filter(({ kind }) => kind === 'build' || kind === 'prepare');
}

/** Lists the failures of builds that a retry may pass. */
function listPassingFailures({ failures }: Built): readonly JobFailure[] {
  return listBuildFailures(failures).filter(({ errorKind }) => !needsOperator(errorKind));
}

/** Returns the message of a build cloud that does not answer. */
function findOutage(built: Built): string | undefined {
  const failure = findLoginFailure(built);
  return failure === undefined || needsOperator(failure.kind) ? undefined : failure.message;
}

function describeNext(failure: JobFailure, application: string, now: number): string {
  return `${describeFailure(failure, application)}; next try ${minuteOf(failure.nextAttemptAt, now)}`;
}

function needsOperator(kind: FailureKind): boolean {
  return kind === 'input' || kind === 'denied';
}

function describeFailure({ kind, subject, message, attempts }: JobFailure, application: string): string {
  const name = kind === 'prepare' ? `base ${subject}` : shortName(subject, application);
  return `${name}: ${message}${attempts > 1 ? ` (${attempts} times)` : ''}`;
}

/** Returns a job with its reason and step: `noble-x64 (never built): wait for server`. */
function describeJob({ subject, reason, step }: RunningJob, application: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `${shortName(subject, application)}${why}${step === '' ? '' : `: ${step}`}`;
}
