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

const MISSING = 'missing in the build cloud';

/** An image to build as soon as its base is prepared and a slot is free. */
export interface Due {
  readonly act: 'due';
  /** The build id that an action has returned to its caller. Undefined when no action requested the build. */
  readonly buildId: string | undefined;
  readonly reason: string;
}

/**
 * Decides whether an image is built. A build that an action requested ignores freshness and back-off. An image is never
 * built twice at the same time.
 */
export function decideBuild(
  imageName: string,
  config: RunConfig,
  build: Project,
  input: PlanInput,
): Due | SkippedEntry {
  if (!isBuildable(config)) {
    return skip('unbuildable', imageName, 'this version cannot install Juju or MicroK8s into an image');
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

/** Finds the oldest request for a build of the image that has neither started nor ended. */
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

/** Returns the reason to build an image, or the entry that skips it. */
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
  if (newest === undefined) return input.journal.builtAt[imageName] === undefined ? 'never built' : MISSING;
  const change = explainChange(newest, config, input.version);
  if (change !== undefined) return `inputs changed: ${change}`;
  const last = findLastSuccess(newest, built?.at, input.now);
  if (last === undefined) return 'interval elapsed: no build time in the past is known';
  const until = last + input.intervalHours * HOUR;
  if (until <= input.now) return `interval elapsed: built ${Math.floor((input.now - last) / HOUR)} h ago`;
  return skip('fresh', imageName, `fresh until ${minuteOf(until)}`, until);
}

/** The last successful build of an image. */
interface LastBuild extends BuildStreak {
  readonly at: number;
}

function findLastBuild(imageName: string, { journal }: PlanInput): LastBuild | undefined {
  const at = journal.builtAt[imageName];
  const streak = journal.builds[imageName];
  return at === undefined || streak === undefined || streak.ids.length === 0 ? undefined : { at, ...streak };
}

/**
 * Decides about an image whose last build is missing in the build cloud: deleted, or never listed by Glance. The image
 * is built again, but with the back-off of a failed build. Without it, a cloud that never lists new images would cause
 * one build after the other.
 */
function explainAbsence(
  imageName: string,
  active: readonly ObservedImage[],
  { at, ids, settings }: LastBuild,
  { now, intervalHours, desired }: PlanInput,
): string | SkippedEntry {
  const isSeen = (id: string): boolean => active.some(({ buildId }) => buildId === id);
  const missing = ids.length - 1 - ids.findLastIndex(isSeen);
  const until = nextAttemptAt(at, missing, intervalHours, 0.5);
  const isOther = settings !== settingsOf(desired, 'build', imageName);
  if (isOther || at > now || until <= now) {
    return active.length === 0 ? MISSING : `${MISSING}: only other revisions exist`;
  }
  const reason = `skipped until ${minuteOf(until)}: built at ${minuteOf(at)}, but ${MISSING}`;
  return skip('failed', imageName, reason, until);
}

function explainChange(newest: ObservedImage, config: RunConfig, version: string): string | undefined {
  const wanted = encodeBuildInputs(buildInputsOf(config, version));
  if (newest.runConfig === wanted) return undefined;
  if (newest.runConfig === undefined) return 'not recorded by the image';
  const changes = describeInputChanges(newest.runConfig, wanted);
  return changes === '' ? `recorded in another format, now ${wanted}` : changes;
}

/** Returns the later of the build times of the journal and of Glance. Ignores times in the future. */
function findLastSuccess(
  newest: ObservedImage,
  builtAt: number | undefined,
  now: number,
): number | undefined {
  const times = [builtAt ?? Number.NaN, Date.parse(newest.createdAt)].filter((time) => time <= now);
  return times.length === 0 ? undefined : Math.max(...times);
}
