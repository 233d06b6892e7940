import type { Built, JobFailure, RunningJob } from '../../model/built.ts';
import type { FailureKind } from '../../model/errors.ts';
import type { UnitStatus } from '../../model/unit-status.ts';
import { BUILD_CLOUD } from '../desired.ts';
import { cutLine, joinParts, minuteOf } from './status-line.ts';
import type { ReportedInput } from './status-rule.ts';

type Found = UnitStatus | undefined;

/** The daemon does nothing at all. */
export function schedulerRests({ built: { idleReason: rests }, isServed }: ReportedInput): Found {
  if (rests === undefined) return undefined;
  return isServed ? status('active', `images stay as they are: ${rests}`) : status('waiting', rests);
}

/** The build cloud does not let us in, or refuses what we ask of it: only the operator can help. */
export function buildCloudRefuses({ built, application }: ReportedInput): Found {
  const login = findLoginFailure(built);
  if (login !== undefined && mustBeActedOn(login.kind)) {
    return status(
      'blocked',
      `the build cloud refuses us: check juju config ${application}: ${login.message}`,
    );
  }
  const refused = listBuildFailures(built.failures).find(({ errorKind }) => mustBeActedOn(errorKind));
  if (refused === undefined) return undefined;
  return status(
    'blocked',
    `the build is refused: check juju config ${application}: ${tell(refused, application)}`,
  );
}

/** Builds run, or a base is prepared for them. */
export function isBuilding({ built: { running, batch }, application, isServed }: ReportedInput): Found {
  const builds = running.filter(({ kind }) => kind === 'build');
  const prepares = running.filter(({ kind }) => kind === 'prepare');
  if (builds.length + prepares.length === 0) return undefined;
  const total = Math.max(batch.total, builds.length);
  const count = `${Math.min(batch.done + 1, total)}/${total}`;
  const told = [
    ...builds.map((job) => tellJob(job, application)),
    ...prepares.map((job) => `preparing base ${tellJob(job, application)}`),
  ];
  const [first = '', ...others] = told;
  const parts = [builds.length === 0 ? first : `building ${count} images: ${first}`, ...others];
  return isServed
    ? { name: 'maintenance', message: joinParts(parts) }
    : { name: 'waiting', message: joinParts([`first image: ${parts[0] ?? ''}`, ...others]) };
}

/** There is no image, and making one failed. */
export function firstBuildFails({ built, isServed, application }: ReportedInput): Found {
  if (isServed) return undefined;
  const [failure] = listBuildFailures(built.failures);
  if (failure === undefined) {
    const away = findLoginFailure(built);
    return away && status('waiting', `first image: the build cloud does not answer: ${away.message}`);
  }
  const { errorKind, nextAttemptAt } = failure;
  const told = tell(failure, application);
  return errorKind === 'unavailable' || errorKind === 'cancelled'
    ? status('waiting', `first image: next try ${minuteOf(nextAttemptAt)}: ${told}`)
    : status('blocked', `no image yet: failed because ${told}; next try ${minuteOf(nextAttemptAt)}`);
}

/** An image is served, but making a newer one failed. */
export function lastBuildFails({ built, isServed, application }: ReportedInput): Found {
  if (!isServed) return undefined;
  const [failure] = listBuildFailures(built.failures);
  if (failure === undefined) {
    const away = findLoginFailure(built);
    return (
      away &&
      status('active', `serving the last good image because the build cloud does not answer: ${away.message}`)
    );
  }
  const next = `next try ${minuteOf(failure.nextAttemptAt)}`;
  return status('active', `serving the last good image (${next}) because ${tell(failure, application)}`);
}

/** No image is served, nothing has failed, and nothing runs. */
export function isFirstImageDue({ built: { nextBuildAt }, isServed }: ReportedInput): Found {
  if (isServed) return undefined;
  const when = nextBuildAt === undefined ? 'about to be built' : `next build ${minuteOf(nextBuildAt)}`;
  return status('waiting', `first image: ${when}`);
}

/** All is well, or nearly: relations that came last may still wait for their image. */
export function isFine({ built: { nextBuildAt }, unserved }: ReportedInput): Found {
  const next = nextBuildAt === undefined ? [] : [`next build ${minuteOf(nextBuildAt)}`];
  const waiting = unserved.length === 0 ? [] : [`no image yet for ${unserved.join(', ')}`];
  return { name: 'active', message: joinParts([...next, ...waiting]) };
}

/** What the build cloud answered when it was looked at last, if it was no list. */
function findLoginFailure({ clouds }: Pick<Built, 'clouds'>): Built['clouds'][number]['failure'] {
  return clouds.find(({ cloudId }) => cloudId === BUILD_CLOUD)?.failure;
}

function listBuildFailures(failures: readonly JobFailure[]): readonly JobFailure[] {
  return failures.filter(({ kind }) => kind === 'build' || kind === 'prepare');
}

function mustBeActedOn(kind: FailureKind): boolean {
  return kind === 'input' || kind === 'denied';
}

function tell({ kind, subject, message, attempts }: JobFailure, application: string): string {
  const what = kind === 'prepare' ? `base ${subject}` : shortName(subject, application);
  return `${what}: ${message}${attempts > 1 ? ` (${attempts} times)` : ''}`;
}

/** `noble-x64 (never built): wait for server` */
function tellJob({ subject, reason, step }: RunningJob, application: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `${shortName(subject, application)}${why}${step === '' ? '' : `: ${step}`}`;
}

/** Without what all our images' names begin with. */
function shortName(imageName: string, application: string): string {
  return imageName.startsWith(`${application}-`) ? imageName.slice(application.length + 1) : imageName;
}

function status(name: UnitStatus['name'], message: string): UnitStatus {
  return { name, message: cutLine(message) };
}
