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
  /** The serial of the base image; empty: the current one, which the text does not mention. */
  readonly base: string;
}

/** Returns the inputs of the image that `config` describes; `version` is the version of this software. */
export function buildInputsOf({ image }: RunConfig, version: string): BuildInputs {
  const { runnerVersion, scriptDigest, baseRelease } = image;
  return {
    charm: version,
    runner: runnerVersion === '' ? 'latest' : runnerVersion,
    script: scriptDigest === '' ? 'none' : scriptDigest,
    base: baseRelease,
  };
}

/** Returns the inputs of the base image of `config` and its build cloud. When one changes, the base is outdated. */
export function baseInputsOf({ image, cloud, externalService }: RunConfig): readonly string[] {
  const { cloudImagesUrl, runnerReleasesUrl } = externalService;
  const { base, arch, baseRelease } = image;
  const release = baseRelease === '' ? [] : [baseRelease]; // without one, the digest of 0.1.0 stays valid
  return [base, arch, cloudImagesUrl, runnerReleasesUrl, cloud.buildCloud, ...release];
}

/** Returns the text that is written on the image: `charm=0.1.0 runner=latest script=none[ base=20260801]`. */
export function encodeBuildInputs({ charm, runner, script, base }: BuildInputs): string {
  return `charm=${charm} runner=${runner} script=${script}${base === '' ? '' : ` base=${base}`}`;
}

/** Describes the differences of two encoded texts: `runner 2.330.0 → 2.331.0`; empty when they are equal. */
export function describeInputChanges(before: string, after: string): string {
  const [former, next] = [readPairs(before), readPairs(after)];
  const valueOf = (pairs: ReadonlyMap<string, string>, key: string): string =>
    pairs.get(key) ?? (key === 'base' ? 'current' : 'unknown');
  return [...new Set([...next.keys(), ...former.keys()])]
    .filter((key) => former.get(key) !== next.get(key))
    .map((key) => `${key} ${valueOf(former, key)} → ${valueOf(next, key)}`)
    .join(', ');
}

function readPairs(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(' ').map((pair): readonly [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return new Map(pairs);
}
