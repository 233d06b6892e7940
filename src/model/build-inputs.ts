import type { RunConfig } from './run-config.ts';

/**
 * The inputs of an image that the charm chooses; base and architecture are part of its name. They are written on the
 * image as one readable text, so that a later plan can name what changed even when all local files were lost.
 */
export interface BuildInputs {
  /** The version of this software. */
  readonly charm: string;
  /** The requested version of the GitHub runner; `latest` when none is pinned. */
  readonly runner: string;
  /** The digest of the script and its secrets; `none` without a script. */
  readonly script: string;
}

/** Returns the inputs of the image that `config` describes; `version` is the version of this software. */
export function buildInputsOf({ image }: RunConfig, version: string): BuildInputs {
  const { runnerVersion, scriptDigest } = image;
  return {
    charm: version,
    runner: runnerVersion === '' ? 'latest' : runnerVersion,
    script: scriptDigest === '' ? 'none' : scriptDigest,
  };
}

/** Returns the inputs of the base image of `config` and its build cloud. When one changes, the base is outdated. */
export function baseInputsOf({ image, cloud, externalService }: RunConfig): readonly string[] {
  const { cloudImagesUrl, runnerReleasesUrl } = externalService;
  return [image.base, image.arch, cloudImagesUrl, runnerReleasesUrl, cloud.buildCloud];
}

/** Returns the text that is written on the image: `charm=0.1.0 runner=latest script=none`. */
export function encodeBuildInputs({ charm, runner, script }: BuildInputs): string {
  return `charm=${charm} runner=${runner} script=${script}`;
}

/** Describes the differences of two encoded texts: `runner 2.330.0 → 2.331.0`; empty when they are equal. */
export function describeInputChanges(before: string, after: string): string {
  const former = readPairs(before);
  return [...readPairs(after)]
    .filter(([key, value]) => former.get(key) !== value)
    .map(([key, value]) => `${key} ${former.get(key) ?? 'unknown'} → ${value}`)
    .join(', ');
}

function readPairs(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(' ').map((pair): readonly [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return new Map(pairs);
}
