import type { GuestContentOptions } from '../guest/guest-options.ts';
import { NO_CHANNEL } from './channel.ts';
import type { ImageVariant, RunConfig } from '../run-config.ts';

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
  /** The properties of the image; empty: none, which the text does not mention. */
  readonly properties: string;
  /** The text does not mention the options that have their default. */
  readonly content: GuestContentOptions;
  /** The Docker Hub cache of MicroK8s; empty: none, or an image without MicroK8s. */
  readonly dockerhubCache: string;
}

/** Returns the inputs of the image that `config` describes; `version` is the version of this software. */
export function buildInputsOf({ image, externalService }: RunConfig, version: string): BuildInputs {
  const { runnerVersion, scriptDigest, baseRelease, imageProperties, content } = image;
  return {
    charm: version,
    runner: runnerVersion === '' ? 'latest' : runnerVersion,
    script: scriptDigest === '' ? 'none' : scriptDigest,
    base: baseRelease,
    properties: imageProperties,
    content: isBootstrapped(image) ? content : { ...content, bootstrap: 'boot' },
    dockerhubCache: image.microk8s === NO_CHANNEL ? '' : externalService.dockerhubCache,
  };
}

/** Reports whether the option bootstrap applies to an image. */
function isBootstrapped({ juju, microk8s }: ImageVariant): boolean {
  return juju !== NO_CHANNEL || microk8s !== NO_CHANNEL;
}

/** Returns the inputs of the base image of `config` and its build cloud. When one changes, the base is outdated. */
export function baseInputsOf({ image, cloud, externalService }: RunConfig): readonly string[] {
  const { cloudImagesUrl, runnerReleasesUrl } = externalService;
  const { base, arch, baseRelease } = image;
  const release = baseRelease === '' ? [] : [baseRelease]; // without one, the digest of 0.1.0 stays valid
  return [base, arch, cloudImagesUrl, runnerReleasesUrl, cloud.buildCloud, ...release];
}

/** Nova's limit for the text. */
const MAX_LENGTH = 255;

/**
 * Returns the text that is written on the image: `charm=0.1.0 runner=latest script=none[ base=20260801][ packages=+golang]`.
 * A text that would be too long has digests instead of its longest values.
 */
export function encodeBuildInputs(inputs: BuildInputs): string {
  const { charm, runner, script, base, properties, content, dockerhubCache } = inputs;
  const { aptPackages, leftOutParts, dockerMirror, keptProxy, bootstrap } = content;
  const optional = {
    ...{ base, properties, packages: aptPackages, 'left-out': leftOutParts },
    ...{ 'docker-mirror': dockerMirror, proxy: keptProxy },
    ...{ 'dockerhub-cache': dockerhubCache, bootstrap: bootstrap === 'boot' ? '' : bootstrap },
  };
  const given = Object.entries({ charm, runner, script, ...optional }).filter(([, value]) => value !== '');
  const pairs = new Map(given);
  while (render(pairs).length > MAX_LENGTH) {
    const [key, value] = findLongest(pairs);
    pairs.set(key, digestOf(value));
  }
  return render(pairs);
}

function render(pairs: ReadonlyMap<string, string>): string {
  return [...pairs].map(([key, value]) => `${key}=${value}`).join(' ');
}

function findLongest(pairs: ReadonlyMap<string, string>): readonly [string, string] {
  const [longest = ['', '']] = [...pairs].sort(([, one], [, other]) => other.length - one.length);
  return longest;
}

/** Returns a digest of 17 characters (FNV-1a with 64 bits). Only the settings of one operator must differ. */
function digestOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return `#${hash.toString(16).padStart(16, '0')}`;
}

/** The values of inputs that a text does not mention. */
const UNMENTIONED: Readonly<Record<string, string>> = {
  base: 'current',
  properties: 'none',
  packages: 'default',
  'left-out': 'none',
  'docker-mirror': 'none',
  proxy: 'none',
  'dockerhub-cache': 'none',
  bootstrap: 'boot',
};

/** Describes the differences of two encoded texts: `runner 2.330.0 → 2.331.0`; empty when they are equal. */
export function describeInputChanges(before: string, after: string): string {
  const [former, next] = [readPairs(before), readPairs(after)];
  const valueOf = (pairs: ReadonlyMap<string, string>, key: string): string =>
    pairs.get(key) ?? UNMENTIONED[key] ?? 'unknown';
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
