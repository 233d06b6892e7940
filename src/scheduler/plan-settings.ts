import { createHash } from 'node:crypto';
import type { JobKind } from '../model/built.ts';
import type { DesiredState } from '../model/desired-state.ts';

/**
 * A digest of what matters to whether a job can come through: what failed under one may be tried at once under
 * another. How many run at a time does not matter, nor, but to a prune, how many revisions are kept.
 */
export function settingsOf(desired: DesiredState, kind: JobKind, subject: string): string {
  const { images, build, credentialsGeneration } = desired;
  const settings = [
    [kind, subject, credentialsGeneration],
    [images.arch, images.bases, images.jujuChannels, images.microk8sChannels, images.prefix],
    [images.runnerVersion, images.scriptDigest, images.cloudImagesUrl, images.runnerReleasesUrl],
    [build.cloud, build.flavor, build.network],
    ownSettings(desired, kind),
  ];
  const whole = digest(settings);
  return kind === 'prepare' ? `${preparationOf(desired, subject)}.${whole}` : whole;
}

/** Does a preparation that came through under `settings`, of `settingsOf`, still serve? */
export function isPreparedFor(settings: string, desired: DesiredState, base: string): boolean {
  return settings.split('.')[0] === preparationOf(desired, base);
}

/** Of what a prepared base is made, and where it is. */
function preparationOf({ images, build }: DesiredState, base: string): string {
  const { arch, cloudImagesUrl, runnerReleasesUrl } = images;
  return digest([base, arch, cloudImagesUrl, runnerReleasesUrl, build.cloud, build.project]);
}

function digest(settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

/** What matters to jobs of this kind only. */
function ownSettings({ build, consumers, published }: DesiredState, kind: JobKind): readonly unknown[] {
  const clouds = consumers.map(({ relationId, unit, cloudId }) => [relationId, unit, cloudId]);
  switch (kind) {
    case 'prepare':
    case 'build':
      return [];
    case 'copy':
      return clouds;
    case 'prune':
      return [build.keepRevisions, clouds, (published ?? []).map(({ imageIds }) => imageIds)];
  }
}
