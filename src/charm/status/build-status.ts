import type { Built, JobFailure, RunningJob } from '../../model/built.ts';
import type { FailureKind } from '../../model/errors.ts';
import type { UnitStatus } from '../../model/unit-status.ts';
import { BUILD_CLOUD } from '../desired.ts';
import { cutLine, joinParts, minuteOf } from './status-line.ts';
import type { ReportedInput, RuleResult } from './status-rule.ts';

/** Returns the status while the daemon is idle. */
export function idleStatus({ built: { idleReason }, isServed }: ReportedInput): RuleResult {
  if (idleReason === undefined) return undefined;
  return isServed
    ? status('active', `images stay as they are: ${idleReason}`)
    : status('waiting', idleReason);
}

/** Returns the status when the build cloud refuses the login or a build, which only the operator can correct. */
export function refusalStatus({ built, application }: ReportedInput): RuleResult {
  const login = findLoginFailure(built);
  if (login !== undefined && needsOperator(login.kind)) {
    return status(
      'blocked',
      `the build cloud refuses us: check juju config ${application}: ${login.message}`,
    );
  }
  const refused = listBuildFailures(built.failures).find(({ errorKind }) => needsOperator(errorKind));
  if (refused === undefined) return undefined;
  return status(
    'blocked',
    `the build is refused: check juju config ${application}: ${describeFailure(refused, application)}`,
  );
}

/** Returns the status while images are built or a base is prepared. */
export function buildingStatus({
  built: { running, batch },
  application,
  isServed,
}: ReportedInput): RuleResult {
  const builds = running.filter(({ kind }) => kind === 'build');
  const prepares = running.filter(({ kind }) => kind === 'prepare');
  if (builds.length + prepares.length === 0) return undefined;
  const total = Math.max(batch.total, builds.length);
  const count = `${Math.min(batch.done + 1, total)}/${total}`;
  const jobs = [
    ...builds.map((job) => describeJob(job, application)),
    ...prepares.map((job) => `preparing base ${describeJob(job, application)}`),
  ];
  const [first = '', ...others] = jobs;
  const parts = [builds.length === 0 ? first : `building ${count} images: ${first}`, ...others];
  return isServed
    ? { name: 'maintenance', message: joinParts(parts) }
    : { name: 'waiting', message: joinParts([`first image: ${parts[0] ?? ''}`, ...others]) };
}

/** Returns the status when no image is served and a build failed. */
export function firstBuildFailureStatus({ built, isServed, application }: ReportedInput): RuleResult {
  if (isServed) return undefined;
  const [failure] = listBuildFailures(built.failures);
  if (failure === undefined) {
    const loginFailure = findLoginFailure(built);
    return (
      loginFailure &&
      status('waiting', `first image: the build cloud does not answer: ${loginFailure.message}`)
    );
  }
  const { errorKind, nextAttemptAt } = failure;
  const cause = describeFailure(failure, application);
  return errorKind === 'unavailable' || errorKind === 'cancelled'
    ? status('waiting', `first image: next try ${minuteOf(nextAttemptAt)}: ${cause}`)
    : status('blocked', `no image yet: failed because ${cause}; next try ${minuteOf(nextAttemptAt)}`);
}

/** Returns the status when an image is served but the build of a newer one failed. */
export function lastBuildFailureStatus({ built, isServed, application }: ReportedInput): RuleResult {
  if (!isServed) return undefined;
  const [failure] = listBuildFailures(built.failures);
  if (failure === undefined) {
    const loginFailure = findLoginFailure(built);
    return (
      loginFailure &&
      status(
        'active',
        `serving the last good image because the build cloud does not answer: ${loginFailure.message}`,
      )
    );
  }
  const next = `next try ${minuteOf(failure.nextAttemptAt)}`;
  return status(
    'active',
    `serving the last good image (${next}) because ${describeFailure(failure, application)}`,
  );
}

/** Returns the status when no image is served, nothing has failed and nothing runs. */
export function firstImageStatus({ built: { nextBuildAt }, isServed }: ReportedInput): RuleResult {
  if (isServed) return undefined;
  const when = nextBuildAt === undefined ? 'about to be built' : `next build ${minuteOf(nextBuildAt)}`;
  return status('waiting', `first image: ${when}`);
}

/** Returns the status when an image is served. New relations may still wait for theirs. */
export function readyStatus({ built: { nextBuildAt }, unserved }: ReportedInput): RuleResult {
  const next = nextBuildAt === undefined ? [] : [`next build ${minuteOf(nextBuildAt)}`];
  const waiting = unserved.length === 0 ? [] : [`no image yet for ${unserved.join(', ')}`];
  return { name: 'active', message: joinParts([...next, ...waiting]) };
}

/** Returns the failure of the last query of the build cloud. */
function findLoginFailure({ clouds }: Pick<Built, 'clouds'>): Built['clouds'][number]['failure'] {
  return clouds.find(({ cloudId }) => cloudId === BUILD_CLOUD)?.failure;
}

function listBuildFailures(failures: readonly JobFailure[]): readonly JobFailure[] {
  return failures.filter(({ kind }) => kind === 'build' || kind === 'prepare');
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

/** Returns an image name without the application's prefix. */
function shortName(imageName: string, application: string): string {
  return imageName.startsWith(`${application}-`) ? imageName.slice(application.length + 1) : imageName;
}

function status(name: UnitStatus['name'], message: string): UnitStatus {
  return { name, message: cutLine(message) };
}
