import { ARCHES } from './arch.ts';
import { BASES, type Base } from './base.ts';
import {
  type Decoded,
  type Decoder,
  anyString,
  fields,
  flag,
  integer,
  list,
  oneOf,
  optional,
  text,
  withDefault,
} from './decode.ts';
import type { Publication } from './desired-state.ts';
import { expandMatrix } from './run-config.ts';

/** At least one base: a desired state is never without an image. */
const bases: Decoder<readonly Base[]> = (value, at, problems) => {
  const read = list(oneOf(Object.keys(BASES) as readonly Base[]))(value, at, problems);
  if (read?.length === 0) problems.push(`${at}: expected at least one base, got none`);
  return read;
};

/** Format 1 calls a confirmed publication settled. */
const formerPublication: Decoder<Publication> = (value, at, problems) => {
  const read = fields({ relationId: integer, imageIds: list(text), isSettled: flag })(value, at, problems);
  return read && { relationId: read.relationId, imageIds: read.imageIds, isConfirmed: read.isSettled };
};

/** Decodes the fields of desired.json that only format 1 has, which 0.1.0 wrote. */
export const formerFields = fields({
  published: optional(list(formerPublication)),
  images: fields({
    arch: oneOf(ARCHES),
    bases,
    jujuChannels: list(anyString),
    microk8sChannels: list(anyString),
    prefix: text,
    runnerVersion: anyString,
    scriptDigest: anyString,
    cloudImagesUrl: text,
    runnerReleasesUrl: text,
  }),
  build: fields({
    cloud: text,
    project: withDefault(anyString, ''),
    flavor: anyString,
    network: anyString,
    maxParallel: integer,
    keepRevisions: integer,
  }),
});

type FormerFields = Decoded<typeof formerFields>;

/**
 * Returns the run configs that format 2 has in place of the matrix of format 1, as JSON has them: their decoder adds
 * the defaults of newer fields.
 */
export function convertFormer(
  { images, build }: FormerFields,
  uploadClouds: readonly string[],
): readonly unknown[] {
  const { arch, prefix, runnerVersion, scriptDigest, cloudImagesUrl, runnerReleasesUrl } = images;
  const scriptUrl = scriptDigest === '' ? '' : 'secrets.json';
  return expandMatrix(images).map((variant) => ({
    image: { arch, ...variant, prefix, runnerVersion, scriptUrl, scriptDigest },
    cloud: {
      buildCloud: build.cloud,
      buildFlavor: build.flavor,
      buildNetwork: build.network,
      resourcePrefix: prefix,
      uploadClouds,
      numRevisions: build.keepRevisions,
    },
    externalService: { dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl },
  }));
}
