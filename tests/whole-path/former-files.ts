/** The values in the files of a unit of version 0.1.0 that builds noble for the consumer `far`. */
export interface FormerUnit {
  readonly buildId: string;
  /** The consumer's cloud in clouds.yaml. */
  readonly cloudId: string;
  readonly authUrl: string;
  readonly mirrorUrl: string;
  /** The content of unit.key. */
  readonly key: string;
  readonly scriptUrl: string;
  readonly scriptToken: string;
  readonly scriptDigest: string;
  /** The version of the charm under test, because another version is a reason to build once more. */
  readonly version: string;
  readonly startedAt: number;
  readonly serverId: string;
}

const MODEL = 'deadbeef-0bad-400d-8000-4b1d0d06f00d';
const IMAGE = 'images-noble-x64';
const HOUR_MS = 3_600_000;

const print = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const time = ({ startedAt }: FormerUnit): string => new Date(startedAt).toISOString();

/** The metadata `image_builder_run_config` of the images of the build. */
export const runConfigOf = ({ version, scriptDigest }: FormerUnit): string =>
  `charm=${version} runner=latest script=${scriptDigest}`;

export function desiredJson({ cloudId, authUrl, mirrorUrl, scriptDigest }: FormerUnit): string {
  return print({
    format: 1,
    generation: 3,
    unit: 'images/0',
    application: 'images',
    modelUuid: MODEL,
    role: 'works',
    credentialsGeneration: 2,
    images: {
      arch: 'x64',
      bases: ['noble'],
      jujuChannels: [],
      microk8sChannels: [],
      prefix: 'images',
      runnerVersion: '',
      scriptDigest,
      cloudImagesUrl: mirrorUrl,
      runnerReleasesUrl: `${mirrorUrl}/releases`,
    },
    build: {
      cloud: 'builder',
      project: `${authUrl} Default/builder`,
      flavor: 'lab.runner',
      network: 'lab',
      maxParallel: 2,
      keepRevisions: 2,
    },
    consumers: [{ relationId: 1, unit: 'far/0', cloudId }],
    published: [{ relationId: 1, imageIds: [], isSettled: true }],
    requests: [],
  });
}

export function builtJson(unit: FormerUnit): string {
  const { buildId, cloudId } = unit;
  return print({
    format: 1,
    generation: 4,
    desiredGeneration: 3,
    clouds: ['builder', cloudId].map((id) => ({ cloudId: id, images: [], activeIds: [] })),
    running: [
      { kind: 'build', buildId, subject: IMAGE, step: '', reason: 'never built', startedAt: time(unit) },
    ],
    batch: { done: 0, total: 1 },
    failures: [],
    answered: [],
    endedBuilds: [],
  });
}

export function journalJson({ startedAt }: FormerUnit): string {
  return print({
    format: 1,
    builtAt: {},
    builds: {},
    preparedAt: { noble: startedAt - HOUR_MS },
    preparedUnder: { noble: 'a493c7bfce10508a.4d2d6c8dd84f20b9' },
    failures: {},
    pruned: {},
    answered: [],
    endedBuilds: [],
  });
}

export function secretsJson({ scriptUrl, scriptToken }: FormerUnit): string {
  const proxy = { http: '', https: '', noProxy: '127.0.0.1,localhost,::1' };
  return `${JSON.stringify({ generation: 2, scriptUrl, scriptSecrets: { API_TOKEN: scriptToken }, proxy })}\n`;
}

export function jobJson(unit: FormerUnit): string {
  const { buildId, cloudId } = unit;
  const job = { kind: 'build', buildId, subject: IMAGE, cloudIds: [cloudId], reason: 'never built' };
  return `${JSON.stringify({ ...job, startedAt: time(unit) })}\n`;
}

export function progressLog(unit: FormerUnit): string {
  const fields = { step: 'wait for server' };
  return `${JSON.stringify({ time: time(unit), level: 'info', message: 'step started', fields })}\n`;
}

/** Returns the arguments of the process that builds the image. */
export function renderFormerBuild(unit: FormerUnit): readonly string[] {
  const owner = {
    application: 'images',
    model_uuid: MODEL,
    unit: 'images/0',
    build_id: unit.buildId,
    run_config: runConfigOf(unit),
  };
  return [
    ...['run', IMAGE, '--os-cloud', 'builder', '--owner', JSON.stringify(owner)],
    ...['--log-format', 'json', '--format', 'json', '--no-prune', '--base-image', 'noble', '--arch', 'x64'],
    ...['--prefix', 'images', '--flavor', 'lab.runner', '--network', 'lab', '--upload-clouds', unit.cloudId],
    ...['--cloud-images-url', unit.mirrorUrl, '--runner-releases-url', `${unit.mirrorUrl}/releases`],
    ...['--secrets-fd', '3'],
  ];
}

/** Returns the owner metadata of the build's resources. */
export function formerMetadata({ buildId }: FormerUnit, process: string): Readonly<Record<string, string>> {
  return {
    image_builder_application: 'images',
    image_builder_model_uuid: MODEL,
    image_builder_unit: 'images/0',
    image_builder_build_id: buildId,
    image_builder_process: process,
  };
}

/** Returns the result that the process prints. */
export function formerResult(unit: FormerUnit, imageId: string, copyId: string): object {
  const copy = { cloud: unit.cloudId, image_id: copyId, outcome: 'copied', proven_by: 'hash', attempts: 1 };
  return {
    ...{ image_name: IMAGE, cloud: 'builder', arch: 'x64', base: 'noble', build_id: unit.buildId },
    ...{ swept: [], runner_version: '2.331.0', flavor: 'lab.runner', network: 'lab' },
    ...{ base_image_id: 'f81c08a6-858a-51ea-8192-a6e380ad0d21', base_sha256: 'a'.repeat(64) },
    ...{ server_id: unit.serverId, parts: [{ name: 'hostname', seconds: 1 }], image_id: imageId },
    images: [{ ...copy, seconds: 0.1 }],
    steps: [{ name: 'wait for server', seconds: 3.8 }],
    warnings: [],
  };
}
