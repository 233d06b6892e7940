import { buildInputsOf, describeInputChanges, encodeBuildInputs } from '../../model/build-inputs.ts';
import type { ObservedImage } from '../../model/observation.ts';
import type { RunConfig } from '../../model/run-config.ts';
import { nextAttemptAt } from '../journal/back-off.ts';
import type { BuildStreak } from '../journal/journal.ts';
import { findBackOff } from './plan-back-off.ts';
import { type Project, listActiveImages } from './plan-clouds.ts';
import { type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';
import { isBuildable } from './plan-matrix.ts';
import { settingsOf } from './plan-settings.ts';
import { HOUR, minuteOf } from './plan-words.ts';

/** An image that is to be built as soon as it may, and why. */
export interface Due {
  readonly act: 'due';
  /** That an action was told. */
  readonly buildId: string | undefined;
  readonly reason: string;
}

/**
 * Is an image to be built? What an action asked for is tried at once, also when it is fresh or has failed; nothing is
 * built twice at a time.
 */
export function decideBuild(
  imageName: string,
  config: RunConfig,
  build: Project,
  input: PlanInput,
): Due | SkippedEntry {
  if (!isBuildable(config)) {
    return skip('unbuildable', imageName, 'Juju and MicroK8s are not built in by this version');
  }
  const running = input.ongoing.find(({ kind, subject }) => kind === 'build' && subject === imageName);
  if (running !== undefined) return skip('running', imageName, 'being built');
  const request = findRequest(imageName, input);
  if (request !== undefined) return request;
  const need = explainNeed(imageName, config, build, input);
  if (typeof need !== 'string') return need;
  const backOff = findBackOff({ kind: 'build', subject: imageName, cloudId: '' }, input);
  if (backOff !== undefined) return skip('failed', imageName, backOff.reason, backOff.until);
  return { act: 'due', buildId: undefined, reason: need };
}

/** The oldest request for an image that has not had its build. */
function findRequest(imageName: string, { desired, journal, ongoing }: PlanInput): Due | undefined {
  const isOpen = (buildId: string): boolean =>
    !journal.endedBuilds.includes(buildId) && ongoing.every((job) => job.buildId !== buildId);
  const open = desired.requests
    .filter(({ action }) => !journal.answered.includes(action))
    .flatMap(({ action, builds }) => builds.map((build) => ({ action, ...build })))
    .find((build) => build.imageName === imageName && isOpen(build.buildId));
  if (open === undefined) return undefined;
  return { act: 'due', buildId: open.buildId, reason: `asked by action ${open.action}` };
}

/** Why an image is to be built, or until when it is fresh. */
function explainNeed(
  imageName: string,
  config: RunConfig,
  build: Project,
  input: PlanInput,
): string | SkippedEntry {
  const active = listActiveImages(build.images, imageName);
  const [newest] = active;
  const built = findLastBuild(imageName, input);
  const isLastHere = active.some(({ buildId }) => buildId === built?.ids.at(-1));
  if (built !== undefined && !isLastHere) return explainAbsence(imageName, active, built, input);
  if (newest === undefined)
    return input.journal.builtAt[imageName] === undefined ? 'never built' : 'missing here';
  const change = explainChange(newest, config, input.version);
  if (change !== undefined) return `inputs changed: ${change}`;
  const last = findLastSuccess(newest, built?.at, input.now);
  if (last === undefined) return 'interval elapsed: by this clock it was never built';
  const until = last + input.intervalHours * HOUR;
  if (until <= input.now) return `interval elapsed: built ${Math.floor((input.now - last) / HOUR)} h ago`;
  return skip('fresh', imageName, `fresh until ${minuteOf(until)}`, until);
}

/** The last good build of an image, as far as the journal knows which one that was. */
interface LastBuild extends BuildStreak {
  readonly at: number;
}

function findLastBuild(imageName: string, { journal }: PlanInput): LastBuild | undefined {
  const at = journal.builtAt[imageName];
  const row = journal.builds[imageName];
  return at === undefined || row === undefined || row.ids.length === 0 ? undefined : { at, ...row };
}

/**
 * What was built last is not here: deleted, or never seen. As it may be made again and again without ever being seen,
 * it rests after each time as what failed does, under the same settings.
 */
function explainAbsence(
  imageName: string,
  active: readonly ObservedImage[],
  { at, ids, settings }: LastBuild,
  { now, intervalHours, desired }: PlanInput,
): string | SkippedEntry {
  const isSeen = (id: string): boolean => active.some(({ buildId }) => buildId === id);
  const unseen = ids.length - 1 - ids.findLastIndex(isSeen);
  const until = nextAttemptAt(at, unseen, intervalHours, 0.5);
  const isOther = settings !== settingsOf(desired, 'build', imageName);
  if (isOther || at > now || until <= now) {
    return active.length === 0 ? 'missing here' : 'missing here: the one built last is gone';
  }
  const reason = `built at ${minuteOf(at)} and not seen since; rests until ${minuteOf(until)}`;
  return skip('failed', imageName, reason, until);
}

function explainChange(newest: ObservedImage, config: RunConfig, version: string): string | undefined {
  const wanted = encodeBuildInputs(buildInputsOf(config, version));
  if (newest.runConfig === wanted) return undefined;
  if (newest.runConfig === undefined) return 'not told by the image';
  const changes = describeInputChanges(newest.runConfig, wanted);
  return changes === '' ? `not as they are written now: ${wanted}` : changes;
}

/** By our own clock or Glance's, whichever is later; what lies ahead of now was told by a clock that went back. */
function findLastSuccess(
  newest: ObservedImage,
  builtAt: number | undefined,
  now: number,
): number | undefined {
  const times = [builtAt ?? Number.NaN, Date.parse(newest.createdAt)].filter((time) => time <= now);
  return times.length === 0 ? undefined : Math.max(...times);
}
