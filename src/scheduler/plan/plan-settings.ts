import { createHash } from 'node:crypto';
import { baseInputsOf } from '../../model/build-inputs.ts';
import type { JobKind } from '../../model/built.ts';
import { type DesiredState, findConfigOfBase, numRevisionsOf } from '../../model/desired-state.ts';
import type { RunConfig } from '../../model/run-config.ts';

/**
 * Returns a digest of the settings that can change the result of a job: a job that failed under one digest may be tried
 * at once under another. It covers every field of the subject's run configs, so that a new option needs no change here.
 * The number of parallel jobs does not count, and the number of revisions counts for prunes only.
 */
export function settingsOf(desired: DesiredState, kind: JobKind, subject: string): string {
  const whole = digest([
    [kind, subject, desired.credentialsGeneration],
    listConfigs(desired, kind, subject).map(withoutPruneSettings),
    ownSettings(desired, kind, subject),
  ]);
  return kind === 'prepare' ? `${preparationOf(desired, subject)}.${whole}` : whole;
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

/** Returns the run configs of a job: all images on a base for a preparation, none for an unwanted image. */
function listConfigs({ images }: DesiredState, kind: JobKind, subject: string): readonly RunConfig[] {
  return [...images]
    .filter(([imageName, { image }]) => (kind === 'prepare' ? image.base : imageName) === subject)
    .map(([, config]) => config);
}

/** Undefined fields do not appear in JSON. */
function withoutPruneSettings(config: RunConfig): unknown {
  return { ...config, cloud: { ...config.cloud, uploadClouds: undefined, numRevisions: undefined } };
}

function digest(settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

/** Returns the settings that count only for jobs of this kind. */
function ownSettings(desired: DesiredState, kind: JobKind, subject: string): readonly unknown[] {
  const { consumers, published = [] } = desired;
  const clouds = consumers.map(({ relationId, unit, cloudId }) => [relationId, unit, cloudId]);
  switch (kind) {
    case 'prepare':
    case 'build':
      return [];
    case 'copy':
      return clouds;
    case 'prune':
      return [numRevisionsOf(desired, subject), clouds, published.map(({ imageIds }) => imageIds)];
  }
}
