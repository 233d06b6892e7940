import { ARCHES } from '../image/arch.ts';
import { BASES, type Base } from '../image/base.ts';
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
  usableList,
  uuid,
  withDefault,
} from '../decode.ts';
import { expandMatrix } from '../run-config.ts';

/** Decodes the bases: at least one, because a desired state always has an image. */
const bases: Decoder<readonly Base[]> = (value, at, problems) => {
  const read = list(oneOf(Object.keys(BASES) as readonly Base[]))(value, at, problems);
  if (read?.length === 0) problems.push(`${at}: expected at least one base, got none`);
  return read;
};

/** Decodes a publication; format 1 has the key isSettled for isConfirmed. */
const formerPublication = (value: unknown, at: string, problems: string[]) => {
  const read = fields({ relationId: integer, imageIds: usableList(uuid), isSettled: flag })(
    value,
    at,
    problems,
  );
  return read && { relationId: read.relationId, imageIds: read.imageIds, isConfirmed: read.isSettled };
};

/** Decodes the fields of desired.json that only format 1 has. Version 0.1.0 wrote that format. */
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
 * Returns the run configs that replace the matrix of format 1. They are not decoded yet: their decoder adds the defaults
 * of newer fields.
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
      floatingNetwork: '',
      sshCidrs: [],
      resourcePrefix: prefix,
      uploadClouds,
      numRevisions: build.keepRevisions,
    },
    externalService: { dockerhubCache: '', proxy: '', cloudImagesUrl, runnerReleasesUrl },
  }));
}
