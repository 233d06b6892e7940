import { type Decoder, anyString, decode, fields, withDefault } from './decode.ts';
import { InputError } from './errors.ts';

/** The owner of a resource in a cloud. It is written on every resource of a build and read by sweeps and prunes. */
export interface Owner {
  /** The Juju application, or a name that the operator chose when the program is run by hand. */
  readonly application: string;
  /** The Juju model's uuid; empty outside Juju. */
  readonly modelUuid: string;
  /** The Juju unit; empty outside Juju. */
  readonly unit: string;
  /** The unique id of the build, given in its order or made by the program. */
  readonly buildId: string;
  /** The inputs of the image, as its order has them; absent when it has none. Only images carry them. */
  readonly runConfig?: string;
}

/** The keys of our metadata on servers, security groups and images. */
export const OWNER_KEYS = {
  application: 'image_builder_application',
  modelUuid: 'image_builder_model_uuid',
  unit: 'image_builder_unit',
  buildId: 'image_builder_build_id',
  /** `base`, `layer`, `runner`, `server` or `volume`. */
  kind: 'image_builder_kind',
  /** The name of the image that is being built. */
  imageName: 'image_builder_image_name',
  /** The process that works on the resource: see system/process/process-identity.ts. */
  process: 'image_builder_process',
  /** The SHA-256 of the base image. */
  baseSha256: 'image_builder_base_sha256',
  /** The version of the GitHub runner in the image. */
  runnerVersion: 'image_builder_runner_version',
  /** The time, in ISO 8601, at which GitHub published that version; absent when it is not known. */
  runnerReleasedAt: 'image_builder_runner_released_at',
  /** A digest of everything that determines the content. */
  inputsSha256: 'image_builder_inputs_sha256',
  /** The inputs of the image, as its order has them. */
  runConfig: 'image_builder_run_config',
  /** The id of the source image; only copies have it. */
  source: 'image_builder_source_image_id',
  /** Set by a prune job while the image's id is in relation data. */
  published: 'image_builder_published',
  /** The repository or organisation at GitHub whose jobs the runner on a server takes; only runner instances have it. */
  githubPath: 'image_builder_github_path',
  /** The root of the API of that GitHub. */
  githubApiUrl: 'image_builder_github_api_url',
  /** The time, in ISO 8601, until which the server of a failed build, or of a runner, is kept. */
  keptUntil: 'kept-until',
} as const;

/** The form of a build id, which is also safe as the name of a folder. */
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

/** Decodes the JSON of `--owner`; an owner without a build id gets `newBuildId`. Throws InputError with all problems. */
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

/** Returns the metadata that records `owner` on a server or an image. */
export function encodeOwner(owner: Owner): Readonly<Record<string, string>> {
  return {
    [OWNER_KEYS.application]: owner.application,
    [OWNER_KEYS.modelUuid]: owner.modelUuid,
    [OWNER_KEYS.unit]: owner.unit,
    [OWNER_KEYS.buildId]: owner.buildId,
  };
}

/** Returns the property that records the inputs of an image; none when the owner has none. */
export function encodeRunConfig({ runConfig }: Owner): Readonly<Record<string, string>> {
  return runConfig === undefined ? {} : { [OWNER_KEYS.runConfig]: runConfig };
}

/** The properties that a copy does not get from its source. */
const NOT_COPIED: readonly string[] = [OWNER_KEYS.process, OWNER_KEYS.published, OWNER_KEYS.source];

/** Returns the properties of an image that its copies get: architecture, OS, hardware, owner and inputs. */
export function carriedProperties(
  properties: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isCarried = (key: string): boolean =>
    !NOT_COPIED.includes(key) &&
    !/^os_(hash|hidden|glance)/.test(key) && // set by Glance, which refuses requests that set them
    (key === 'architecture' || /^(os_|hw_|image_builder_)/.test(key));
  return Object.fromEntries(Object.entries(properties).filter(([key]) => isCarried(key)));
}

/** Reports whether the metadata names the application and the model of `owner`. Units and builds may differ. */
export function isOwnedBy(metadata: Readonly<Record<string, string>>, owner: Owner): boolean {
  return (
    metadata[OWNER_KEYS.application] === owner.application &&
    (metadata[OWNER_KEYS.modelUuid] ?? '') === owner.modelUuid
  );
}

/** Reports whether the properties contain the mark of images whose ids are in relation data. */
export function isPublished(properties: Readonly<Record<string, string>>): boolean {
  return properties[OWNER_KEYS.published] !== undefined;
}
