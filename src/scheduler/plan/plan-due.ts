import { buildInputsOf, describeInputChanges, encodeBuildInputs } from '../../model/image/build-inputs.ts';
import type { ObservedImage } from '../../model/observation.ts';
import type { RunConfig } from '../../model/run-config.ts';
import { nextAttemptAt } from '../journal/back-off.ts';
import { type BackOff, findBackOff, findFailure } from './plan-back-off.ts';
import { type SeenClouds, listActive } from './plan-clouds.ts';
import { type SkippedEntry, skip } from './plan-entry.ts';
import type { PlanIndex } from './plan-index.ts';
import { explainPausedImage } from './plan-steering.ts';
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
 * Decides whether an image is built. A build that an action requested ignores pauses, freshness and back-off. An image
 * is never built twice at the same time.
 */
export function decideBuild(config: RunConfig, clouds: SeenClouds, input: PlanIndex): Due | SkippedEntry {
  const { imageName } = config.image;
  const running = input.ongoing.find(({ kind, subject }) => kind === 'build' && subject === imageName);
  if (running !== undefined) return skip('running', imageName, 'being built');
  const request = input.requested.get(imageName);
  if (request !== undefined)
    return { act: 'due', buildId: request.buildId, reason: `asked by action ${request.action}` };
  const paused = explainPausedImage(imageName, input.desired);
  if (paused !== undefined) return skip('paused', imageName, paused);
  const need = explainNeed(config, clouds, input);
  if (typeof need !== 'string') return need;
  const backOff =
    findBackOff({ kind: 'build', subject: imageName, cloudId: '' }, input) ??
    findUnlistedBackOff(imageName, input);
  if (backOff !== undefined) return skip(backOff.cause, imageName, backOff.reason, backOff.until);
  const opensAt = isFirst(imageName, clouds) ? undefined : input.calendar?.opensAt;
  if (opensAt !== undefined) {
    return skip('waits', imageName, `${need}; waits for the build window at ${minuteOf(opensAt)}`, opensAt);
  }
  return { act: 'due', buildId: undefined, reason: need };
}

/** Reports whether the build cloud has no image to serve until a later build. */
function isFirst(imageName: string, { build, missing }: SeenClouds): boolean {
  return missing.has(imageName) || listActive(build.images, imageName).length === 0;
}

/** Returns the reason to build an image, or the entry that skips it. */
function explainNeed(
  config: RunConfig,
  { build, missing }: SeenClouds,
  input: PlanIndex,
): string | SkippedEntry {
  const { journal, now, version } = input;
  const { imageName } = config.image;
  const [newest] = listActive(build.images, imageName);
  const isMissing = missing.has(imageName);
  const last = journal.built[imageName];
  if (newest === undefined) return last === undefined && !isMissing ? 'never built' : MISSING;
  if (isMissing) return `${MISSING}: only other revisions exist`;
  const change = explainChange(newest, config, version);
  if (change !== undefined) return `inputs changed: ${change}`;
  const failure = findFailure({ kind: 'build', subject: imageName, cloudId: '' }, input);
  if (failure !== undefined)
    return failure.errorKind === 'quota' ? 'the last build had no quota' : 'the last build failed';
  const builtAt = last?.buildId === newest.buildId ? last.at : Number.NaN;
  const past = [builtAt, Date.parse(newest.createdAt)].filter((time) => time <= now);
  if (past.length === 0) return 'interval elapsed: no build time in the past is known';
  return explainAge(imageName, Math.max(...past), input);
}

function explainAge(
  imageName: string,
  lastBuilt: number,
  { intervalHours, calendar, now }: PlanIndex,
): string | SkippedEntry {
  const times = calendar?.times;
  const until = times === undefined ? lastBuilt + intervalHours * HOUR : times.next;
  if (times !== undefined && lastBuilt < times.last) return `scheduled at ${minuteOf(times.last)}`;
  if (until <= now) return `interval elapsed: built ${Math.floor((now - lastBuilt) / HOUR)} h ago`;
  return skip('fresh', imageName, `fresh until ${minuteOf(until)}`, until);
}

/**
 * Returns the back-off of an image that the build cloud has not listed since its last builds succeeded. Without it, a
 * cloud that never lists new images would cause one build after the other.
 */
function findUnlistedBackOff(
  imageName: string,
  { settingsOf, journal, now, intervalHours }: PlanIndex,
): BackOff | undefined {
  const last = journal.built[imageName];
  if (last === undefined || last.unlisted === 0 || last.at > now) return undefined;
  if (last.settings !== settingsOf('build', imageName)) return undefined;
  const until = nextAttemptAt(last.at, last.unlisted, intervalHours, 0.5);
  if (until <= now) return undefined;
  return {
    cause: 'failed',
    until,
    reason: `skipped until ${minuteOf(until)}: built at ${minuteOf(last.at)}, but ${MISSING}`,
  };
}

function explainChange(newest: ObservedImage, config: RunConfig, version: string): string | undefined {
  const wanted = encodeBuildInputs(buildInputsOf(config, version));
  if (newest.runConfig === wanted) return undefined;
  if (newest.runConfig === undefined) return 'not recorded by the image';
  const changes = describeInputChanges(newest.runConfig, wanted);
  return changes === '' ? `recorded in another format, now ${wanted}` : changes;
}
