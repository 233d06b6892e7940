import type { Built } from '../model/unit/built.ts';
import type { CharmConfig } from './options/config.ts';
import type { DesiredImages } from '../model/unit/desired-images.ts';
import type { BuildRequest, DesiredState } from '../model/unit/desired-state.ts';
import type { FormerImages } from '../model/job/job-request.ts';
import { hasProxy } from '../model/proxy-settings.ts';
import type { RunConfig } from '../model/run-config.ts';
import { NO_STEERING, type Steering, isConsumerPaused } from '../model/unit/steering.ts';
import type { UnitStatus } from '../model/unit/unit-status.ts';
import { type ConsumerCloud, type ImageRelation, listConsumers } from './relations/consumers.ts';
import { type CredentialsDecision, decideCredentials } from './credentials.ts';
import {
  type ActionRequest,
  type DesiredSettings,
  addRequest,
  deriveImages,
  deriveProject,
  keepLastSettings,
  listJobRequests,
  listOpenRequests,
  nextDesiredState,
} from './desired.ts';
import { type JobLogEntry, describeJobEnds } from './job-log.ts';
import { type DatabagDecision, decideDatabag, offersAllImages } from './relations/image-databag.ts';
import { type PeerDecision, decidePeers } from './relations/peers.ts';
import { type MonitorDecision, decideMonitors } from './relations/cos-agent.ts';
import type { Observed, CharmSettings } from './observed.ts';
import { proxyDigestOf, scriptDigestOf } from './content-digests.ts';
import { deriveUnitStatus, listProblems } from './status/unit-status.ts';

/** Everything that one dispatch writes. */
export interface Decision {
  /** Undefined when the run folder stays unchanged. */
  readonly credentials: CredentialsDecision | undefined;
  /** Undefined when there has never been a desired state and none can be derived. */
  readonly desired: DesiredState | undefined;
  readonly shouldWriteDesired: boolean;
  readonly databags: readonly DatabagDecision[];
  /** Reports whether there are consumers, and each of them is already offered every image. */
  readonly isFullyPublished: boolean;
  readonly monitors: readonly MonitorDecision[];
  /** Undefined when the peer relation stays unchanged. */
  readonly peers: PeerDecision | undefined;
  readonly status: UnitStatus;
  /** All problems, of which the status shows the first. */
  readonly problems: readonly string[];
  /** The newest ends of jobs. The host remembers which of them were logged. */
  readonly jobEnds: readonly JobLogEntry[];
}

/**
 * Decides from what was read at the start of a dispatch and nothing else, so the kind of event makes no difference.
 * While options or secrets are invalid, the last desired settings stay in force for the remaining consumers, and
 * databags are still updated. `steering` replaces all pauses and pins.
 */
export function decide(observed: Observed, request?: ActionRequest, steering?: Steering): Decision {
  const { settings, built, relations, desired: before } = observed;
  const consumers = listConsumers(relations);
  const credentials = settings === undefined ? undefined : decideCredentials(settings, consumers, observed);
  const images = settings === undefined ? before?.images : imagesOf(settings, consumers, observed);
  const steered = steering ?? steeringOf(observed);
  const databags = relations.map((relation) => {
    const last = before?.published?.find(({ relationId }) => relationId === relation.id);
    const isPaused = isConsumerPaused(steered, relation.application);
    return decideDatabag(relation, isPaused ? undefined : images, built, last);
  });
  const publishedIds = databags.flatMap(({ publication }) => publication.imageIds);
  const parts = images && { consumers, credentials, images, databags, steering: steered };
  const next = parts && deriveSettings(observed, parts, request);
  const desired = next === undefined ? undefined : nextDesiredState(next, before, built);
  const statusInput = {
    application: observed.application,
    problems: observed.problems,
    relations,
    built,
    silentMinutes: observed.silentMinutes,
    isServed: databags.some(({ isServed }) => isServed),
    unserved: listUnserved(relations, databags),
    imageNames: [...(images?.keys() ?? [])],
    steering: steered,
    intervalHours: ageLimitOf(settings?.config),
    now: observed.now,
  };
  return {
    credentials,
    desired,
    shouldWriteDesired: desired !== before,
    databags,
    isFullyPublished: settings !== undefined && isFullyPublished(relations, images, built),
    monitors: decideMonitors(observed.monitors, observed, built?.metricsPort),
    peers: decidePeers(observed.peers, steering, publishedIds),
    status: deriveUnitStatus(statusInput),
    problems: listProblems(statusInput),
    jobEnds: describeJobEnds(built, relations),
  };
}

/** Returns the interval whose double is too old; undefined when builds have fixed times or wait for a window. */
function ageLimitOf(config: CharmConfig | undefined): number | undefined {
  const isByAge = config?.buildTimes === undefined && config?.buildWindow === undefined;
  return isByAge ? config?.intervalHours : undefined;
}

/** Returns the pauses and pins in force. The last known ones stay while the peer relation cannot be read. */
export function steeringOf({ peers, desired }: Pick<Observed, 'peers' | 'desired'>): Steering {
  return peers?.steering ?? desired?.steering ?? NO_STEERING;
}

function isFullyPublished(
  relations: readonly ImageRelation[],
  images: DesiredImages | undefined,
  built: Built | undefined,
): boolean {
  if (images === undefined || built === undefined) return false;
  const consuming = relations.filter((relation) => listConsumers([relation]).length > 0);
  return consuming.length > 0 && consuming.every((relation) => offersAllImages(relation, images, built));
}

function listUnserved(
  relations: readonly ImageRelation[],
  databags: readonly DatabagDecision[],
): readonly string[] {
  const served = databags.filter(({ isServed }) => isServed).map(({ relationId }) => relationId);
  return relations
    .filter((relation) => listConsumers([relation]).length > 0 && !served.includes(relation.id))
    .map(({ application }) => application);
}

function imagesOf(
  { config, scriptSecrets }: CharmSettings,
  consumers: readonly ConsumerCloud[],
  { key, application, proxy, egressSubnets }: Observed,
): DesiredImages {
  if (key === undefined) throw new Error('the unit has no key: expected the host to be set up first');
  const scriptDigest = scriptDigestOf(key, config.scriptUrl, scriptSecrets);
  const isKept = config.isProxyKept && hasProxy(proxy);
  const keptProxy = isKept ? proxyDigestOf(key, proxy) : '';
  const facts = { application, scriptDigest, consumers, egressSubnets, keptProxy };
  return deriveImages(config, { ...facts, hasProxy: hasProxy(proxy) });
}

/** The parts of the desired state that were decided already. */
interface DecidedParts {
  readonly consumers: readonly ConsumerCloud[];
  readonly credentials: CredentialsDecision | undefined;
  readonly images: DesiredImages;
  readonly databags: readonly DatabagDecision[];
  readonly steering: Steering;
}

function deriveSettings(
  observed: Observed,
  { consumers, credentials, images, databags, steering }: DecidedParts,
  request: ActionRequest | undefined,
): DesiredSettings | undefined {
  const { settings, desired: before, unit, application, modelUuid, isLeader } = observed;
  const role = isLeader ? 'works' : 'observes';
  const published = databags.map(({ publication }) => publication);
  const otherUnits = observed.peers?.otherUnits ?? [];
  const requests = {
    formerImages: listReplaced(observed, images),
    requests: listRequests(observed, images, request),
    jobRequests: listJobRequests(
      before?.jobRequests ?? [],
      observed.built?.answered ?? [],
      request !== undefined && 'job' in request ? request.job : undefined,
    ),
  };
  if (settings === undefined || credentials === undefined) {
    return (
      before && keepLastSettings({ ...before, role, steering, otherUnits }, consumers, published, requests)
    );
  }
  return {
    unit,
    application,
    modelUuid,
    role,
    credentialsGeneration: credentials.secrets.generation,
    images,
    project: deriveProject(settings),
    maxParallel: settings.config.maxParallelBuilds,
    maxObservations: settings.config.maxParallelObservations,
    metricsPort: settings.config.metricsPort,
    pagePort: settings.config.pagePort,
    consumers: consumers.map(({ relationId, unit, cloudId }) => ({ relationId, unit, cloudId })),
    published,
    otherUnits,
    ...requests,
    steering,
  };
}

/** Lists the images of the Python charm of the relations whose databags, as they were read, offer every image of ours. */
function listReplaced(
  { takenOver, relations, built }: Observed,
  images: DesiredImages,
): readonly FormerImages[] {
  if (built === undefined) return [];
  const replaced = relations.filter((relation) => offersAllImages(relation, images, built));
  return takenOver
    .filter(({ relationId }) => replaced.some(({ id }) => id === relationId))
    .map(({ relationId, imageIds }) => ({ relationId, imageIds: [...new Set(imageIds)] }));
}

function listRequests(
  { desired: before, built }: Observed,
  images: DesiredImages,
  request: ActionRequest | undefined,
): readonly BuildRequest[] {
  const imageNames = [...images.keys()];
  const open = listOpenRequests(before?.requests ?? [], built?.answered ?? [], imageNames);
  if (request === undefined || 'job' in request) return open;
  const { base, juju, microk8s } = request.variants ?? {};
  const isRequested = ({ image }: RunConfig): boolean =>
    (base ?? image.base) === image.base &&
    (juju ?? image.juju) === image.juju &&
    (microk8s ?? image.microk8s) === image.microk8s;
  const requested = [...images].filter(([, config]) => isRequested(config)).map(([name]) => name);
  const cancelled = (before?.jobRequests ?? []).flatMap(({ kind, jobId }) =>
    kind === 'cancel' ? [jobId] : [],
  );
  const closed = [...(built?.endedBuilds ?? []), ...(request.endedBuilds ?? []), ...cancelled];
  return addRequest(open, request, requested, closed);
}
