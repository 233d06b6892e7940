import { createHash } from 'node:crypto';
import { baseInputsOf } from '../../model/build-inputs.ts';
import type { JobKind } from '../../model/built.ts';
import { type DesiredState, findConfigOfBase, numRevisionsOf } from '../../model/desired-state.ts';
import type { RunConfig } from '../../model/run-config.ts';

/**
 * Returns a digest of what matters to whether a job can succeed: what failed under one digest may be tried at once
 * under another. Every field of the subject's run configs counts, so that a new option needs no change here. How many
 * jobs run at a time does not matter, nor, but to a prune, how many revisions are kept.
 */
export function settingsOf(desired: DesiredState, kind: JobKind, subject: string): string {
  const whole = digest([
    [kind, subject, desired.credentialsGeneration],
    listConfigs(desired, kind, subject).map(withoutPruneSettings),
    ownSettings(desired, kind, subject),
  ]);
  return kind === 'prepare' ? `${preparationOf(desired, subject)}.${whole}` : whole;
}

/** Does a preparation that came through under `settings`, of `settingsOf`, still serve? */
export function isPreparedFor(settings: string, desired: DesiredState, base: string): boolean {
  return settings.split('.')[0] === preparationOf(desired, base);
}

/** Returns the digest of what a base is prepared from and where: the one that 0.1.0 wrote for the same settings. */
function preparationOf(desired: DesiredState, base: string): string {
  const config = findConfigOfBase(desired, base);
  return digest(config === undefined ? [base] : [...baseInputsOf(config), desired.project]);
}

/** The run configs that a job works on: of a base, all that are built on it; of an unwanted image, none. */
function listConfigs({ images }: DesiredState, kind: JobKind, subject: string): readonly RunConfig[] {
  return [...images]
    .filter(([imageName, { image }]) => (kind === 'prepare' ? image.base : imageName) === subject)
    .map(([, config]) => config);
}

/** JSON leaves out what is undefined. */
function withoutPruneSettings(config: RunConfig): unknown {
  return { ...config, cloud: { ...config.cloud, uploadClouds: undefined, numRevisions: undefined } };
}

function digest(settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

/** What matters to jobs of this kind only. */
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
