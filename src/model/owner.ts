import { type Decoder, anyString, decode, fields, withDefault } from './decode.ts';
import { InputError } from './errors.ts';

/** Who made a thing in a cloud: written on everything that a build makes, read by sweeps and prunes. */
export interface Owner {
  /** The Juju application, or a word of the operator's when run by hand. */
  readonly application: string;
  /** The Juju model's uuid; empty outside Juju. */
  readonly modelUuid: string;
  /** The Juju unit; empty outside Juju. */
  readonly unit: string;
  /** The build, unique; given by whoever ordered it, or made by the program. */
  readonly buildId: string;
  /** What the image is made from, as its orderer wrote it; absent: nobody told. Only images carry it. */
  readonly runConfig?: string;
}

/** The keys of our metadata on servers, security groups and images. */
export const OWNER_KEYS = {
  application: 'image_builder_application',
  modelUuid: 'image_builder_model_uuid',
  unit: 'image_builder_unit',
  buildId: 'image_builder_build_id',
  /** `base`, `runner` or `server`. */
  kind: 'image_builder_kind',
  /** The name of the image that is being built: its run config. */
  imageName: 'image_builder_image_name',
  /** The process that works on it: see system/process/process-identity.ts. */
  process: 'image_builder_process',
  /** The SHA-256 of the base image that it comes from. */
  baseSha256: 'image_builder_base_sha256',
  /** The version of the GitHub runner in it. */
  runnerVersion: 'image_builder_runner_version',
  /** A digest of all that its content follows from. */
  inputsSha256: 'image_builder_inputs_sha256',
  /** What the image is made from, in the words of whoever ordered it. */
  runConfig: 'image_builder_run_config',
  /** In a copy: the id of the image that it was copied from. */
  source: 'image_builder_source_image_id',
  /** Set by the charm while the image's id stands in relation data. */
  published: 'image_builder_published',
} as const;

/** The form of a build id; it is also a safe name of a folder. */
export const BUILD_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

const ownerText: Decoder<string> = (value, at, problems) => {
  const read = anyString(value, at, problems);
  if (read === undefined || read.length <= 255) return read;
  problems.push(`${at}: expected at most 255 characters, got ${read.length}`);
  return undefined;
};

const ownerFields = fields({
  application: ownerText,
  model_uuid: withDefault(ownerText, ''),
  unit: withDefault(ownerText, ''),
  build_id: withDefault(ownerText, ''),
  run_config: withDefault(ownerText, ''),
});

/** Reads `--owner`'s JSON; an owner without build id gets `newBuildId`. Throws InputError with all problems. */
export function parseOwner(json: string, newBuildId: string): Owner {
  const fail = (problems: readonly string[]): InputError => new InputError(problems);
  const read = decode(ownerFields, parseJson(json), '--owner', fail);
  const buildId = read.build_id === '' ? newBuildId : read.build_id;
  const problems = [
    ...(read.application === '' ? ['--owner.application: expected a non-empty string'] : []),
    ...(BUILD_ID.test(buildId)
      ? []
      : ['--owner.build_id: expected up to 63 letters, digits, dashes or underscores']),
  ];
  if (problems.length > 0) throw fail(problems);
  const { application, model_uuid: modelUuid, unit, run_config: runConfig } = read;
  return { application, modelUuid, unit, buildId, ...(runConfig === '' ? {} : { runConfig }) };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new InputError(['--owner: expected a JSON object'], { cause });
  }
}

/** The metadata that tells `owner` on a server or an image. */
export function encodeOwner(owner: Owner): Readonly<Record<string, string>> {
  return {
    [OWNER_KEYS.application]: owner.application,
    [OWNER_KEYS.modelUuid]: owner.modelUuid,
    [OWNER_KEYS.unit]: owner.unit,
    [OWNER_KEYS.buildId]: owner.buildId,
  };
}

/** The property that tells an image's run config, beside its owner's. */
export function encodeRunConfig({ runConfig }: Owner): Readonly<Record<string, string>> {
  return runConfig === undefined ? {} : { [OWNER_KEYS.runConfig]: runConfig };
}

/** Of one image only, not of its copies. */
const OWN: readonly string[] = [OWNER_KEYS.process, OWNER_KEYS.published, OWNER_KEYS.source];

/** What of an image's properties its copies get: architecture, OS and hardware, owner and inputs. */
export function carriedProperties(
  properties: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isCarried = (key: string): boolean =>
    !OWN.includes(key) &&
    !/^os_(hash|hidden|glance)/.test(key) && // Glance's own, and refused when they are set
    (key === 'architecture' || /^(os_|hw_|image_builder_)/.test(key));
  return Object.fromEntries(Object.entries(properties).filter(([key]) => isCarried(key)));
}

/** Was the thing with this metadata made by the same application of the same model? Builds may differ. */
export function isOwnedBy(metadata: Readonly<Record<string, string>>, owner: Owner): boolean {
  return (
    metadata[OWNER_KEYS.application] === owner.application &&
    (metadata[OWNER_KEYS.modelUuid] ?? '') === owner.modelUuid
  );
}

/** Does an image with these properties carry the mark of those whose ids stand in relation data? */
export function isPublished(properties: Readonly<Record<string, string>>): boolean {
  return properties[OWNER_KEYS.published] !== undefined;
}
