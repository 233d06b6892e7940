import type { RunConfig } from './run-config.ts';

/**
 * What an image is made from, as far as the charm decides it; base and architecture are in its name. It is written on
 * the image as one readable text, so that a later plan can tell what has changed, whatever else was lost.
 */
export interface BuildInputs {
  /** The version of this software. */
  readonly charm: string;
  /** The GitHub runner's version that is asked for; `latest` when none is pinned. */
  readonly runner: string;
  /** The digest of the script and its secrets; `none` without a script. */
  readonly script: string;
}

/** Returns what the image of `config` is to be made from; `version` is this software's. */
export function buildInputsOf({ image }: RunConfig, version: string): BuildInputs {
  const { runnerVersion, scriptDigest } = image;
  return {
    charm: version,
    runner: runnerVersion === '' ? 'latest' : runnerVersion,
    script: scriptDigest === '' ? 'none' : scriptDigest,
  };
}

/** Returns what the base of `config` is prepared from, and where: another value makes a prepared base outdated. */
export function baseInputsOf({ image, cloud, externalService }: RunConfig): readonly string[] {
  const { cloudImagesUrl, runnerReleasesUrl } = externalService;
  return [image.base, image.arch, cloudImagesUrl, runnerReleasesUrl, cloud.buildCloud];
}

/** `charm=0.1.0 runner=latest script=none`. */
export function encodeBuildInputs({ charm, runner, script }: BuildInputs): string {
  return `charm=${charm} runner=${runner} script=${script}`;
}

/** What differs between two encoded texts: `runner 2.330.0 → 2.331.0`; empty when nothing does. */
export function describeInputChanges(before: string, after: string): string {
  const was = readPairs(before);
  return [...readPairs(after)]
    .filter(([key, value]) => was.get(key) !== value)
    .map(([key, value]) => `${key} ${was.get(key) ?? 'unknown'} → ${value}`)
    .join(', ');
}

function readPairs(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(' ').map((pair): readonly [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return new Map(pairs);
}
