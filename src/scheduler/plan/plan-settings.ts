import { createHash } from 'node:crypto';
import { baseInputsOf } from '../../model/image/build-inputs.ts';
import type { JobKind } from '../../model/job/job-kind.ts';
import { type DesiredState, findConfigOfBase, numRevisionsOf } from '../../model/unit/desired-state.ts';
import { listLayerNames } from '../../model/image/layers.ts';
import type { RunConfig } from '../../model/run-config.ts';
import { findPin } from '../../model/unit/steering.ts';

/** Returns the digest of the settings of one job. */
export type SettingsOf = (kind: JobKind, subject: string) => string;

/**
 * Returns a digest of the settings that can change the result of a job: a job that failed under one digest may be tried
 * at once under another. It covers every field of the subject's run configs, so that a new option needs no change here.
 * The number of parallel jobs does not count, and the number of revisions counts for prunes only.
 */
export function settingsOf(desired: DesiredState, kind: JobKind, subject: string): string {
  return indexSettings(desired)(kind, subject);
}

/** Returns `settingsOf` for many jobs. What several of them share is digested once. */
export function indexSettings(desired: DesiredState): SettingsOf {
  const known = new Map<string, string>();
  const once = (key: string, derive: () => string): string => {
    const value = known.get(key) ?? derive();
    known.set(key, value);
    return value;
  };
  const configOf = (config: RunConfig): string =>
    once(`config of ${config.image.imageName}`, () => digest([withoutPruneSettings(config)]));
  const sharedOf = (kind: JobKind): string => once(kind, () => digest(listShared(desired, kind)));
  return (kind, subject) =>
    once(`${kind} ${subject}`, () => {
      const configs = listConfigs(desired, kind, subject).map(configOf);
      const own = [kind, subject, desired.credentialsGeneration, findOwn(desired, kind, subject)];
      const whole = digest([own, configs, sharedOf(kind)]);
      return kind === 'prepare' ? `${preparationOf(desired, subject)}.${whole}` : whole;
    });
}

/** Reports whether a preparation under `settings`, a digest from `settingsOf`, is still valid. */
export function isPreparedFor(settings: string, desired: DesiredState, base: string): boolean {
  return settings.split('.')[0] === preparationOf(desired, base);
}

/** Returns the digest of the inputs and the project of a base. It equals the digest that 0.1.0 wrote. */
function preparationOf(desired: DesiredState, base: string): string {
  const config = findConfigOfBase(desired, base);
  return digest(config === undefined ? [base] : [...baseInputsOf(config), desired.project]);
}

/** Returns the run configs of a job: all images on a base or a layer, none for an unwanted image. */
function listConfigs({ images }: DesiredState, kind: JobKind, subject: string): readonly RunConfig[] {
  if (kind === 'prepare') return [...images.values()].filter(({ image }) => image.base === subject);
  if (kind === 'layer')
    return [...images.values()].filter(({ image }) => listLayerNames(image).includes(subject));
  const config = images.get(subject);
  return config === undefined ? [] : [config];
}

/** Undefined fields do not appear in JSON. */
function withoutPruneSettings(config: RunConfig): unknown {
  return { ...config, cloud: { ...config.cloud, uploadClouds: undefined, numRevisions: undefined } };
}

function digest(settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

/** Returns the settings that count for all jobs of a kind. */
function listShared({ consumers, published = [] }: DesiredState, kind: JobKind): readonly unknown[] {
  const clouds = consumers.map(({ relationId, unit, cloudId }) => [relationId, unit, cloudId]);
  if (kind === 'copy') return clouds;
  return isPrune(kind) ? [clouds, published.map(({ imageIds }) => imageIds)] : [];
}

/** Returns the setting of one subject, in addition to its run configs, that counts only for jobs of this kind. */
function findOwn(desired: DesiredState, kind: JobKind, subject: string): unknown {
  if (kind === 'copy') return findPin(desired.steering, subject);
  return isPrune(kind) ? numRevisionsOf(desired, subject) : undefined;
}

function isPrune(kind: JobKind): boolean {
  return kind === 'prune' || kind === 'prune-clouds';
}
