import type { BuildRequest, DesiredImages, DesiredState, Publication } from '../model/desired-state.ts';
import type { UnitStatus } from '../model/unit-status.ts';
import { type ConsumerCloud, type ImageRelation, listConsumers } from './relations/consumers.ts';
import { type CredentialsDecision, decideCredentials } from './credentials.ts';
import {
  type ActionRequest,
  type DesiredSettings,
  addRequest,
  deriveImages,
  deriveProject,
  keepLastSettings,
  listOpenRequests,
  nextDesiredState,
} from './desired.ts';
import { type DatabagDecision, decideDatabag } from './relations/image-databag.ts';
import type { Observed, CharmSettings } from './observed.ts';
import { scriptDigestOf } from './script-digest.ts';
import { deriveUnitStatus } from './status/unit-status.ts';

/** Everything that one dispatch writes. */
export interface Decision {
  /** Undefined when the run folder stays unchanged. */
  readonly credentials: CredentialsDecision | undefined;
  /** Undefined when there has never been a desired state and none can be derived. */
  readonly desired: DesiredState | undefined;
  readonly shouldWriteDesired: boolean;
  readonly databags: readonly DatabagDecision[];
  readonly status: UnitStatus;
}

/**
 * Decides from what was read at the start of a dispatch and nothing else, so the kind of event makes no difference.
 * While options or secrets are invalid, the last desired settings stay in force for the remaining consumers, and
 * databags are still updated.
 */
export function decide(observed: Observed, request?: ActionRequest): Decision {
  const { settings, built, relations, desired: before } = observed;
  const consumers = listConsumers(relations);
  const credentials = settings === undefined ? undefined : decideCredentials(settings, consumers, observed);
  const images = settings === undefined ? before?.images : imagesOf(settings, consumers, observed);
  const databags = relations.map((relation) => decideDatabag(relation, images, built));
  const published = databags.map(({ publication }) => publication);
  const next = images && deriveSettings(observed, { consumers, credentials, images, published }, request);
  const desired = next === undefined ? undefined : nextDesiredState(next, before, built);
  return {
    credentials,
    desired,
    shouldWriteDesired: desired !== before,
    databags,
    status: deriveUnitStatus({
      application: observed.application,
      problems: observed.problems,
      relations,
      built,
      isServed: databags.some(({ isServed }) => isServed),
      unserved: listUnserved(relations, databags),
    }),
  };
}

function listUnserved(
  relations: readonly ImageRelation[],
  databags: readonly DatabagDecision[],
): readonly string[] {
  const served = databags.filter(({ isServed }) => isServed).map(({ relationId }) => relationId);
  return relations
    .filter((relation) => listConsumers([relation]).length > 0 && !served.includes(relation.id))
    .map(({ id, application }) => `image:${id} (${application})`);
}

function imagesOf(
  { config, scriptSecrets }: CharmSettings,
  consumers: readonly ConsumerCloud[],
  { key, application }: Observed,
): DesiredImages {
  if (key === undefined) throw new Error('the unit has no key: expected the host to be set up first');
  const scriptDigest = scriptDigestOf(key, config.scriptUrl, scriptSecrets);
  return deriveImages(config, { application, scriptDigest, consumers });
}

/** The parts of the desired state that were decided already. */
interface DecidedParts {
  readonly consumers: readonly ConsumerCloud[];
  readonly credentials: CredentialsDecision | undefined;
  readonly images: DesiredImages;
  readonly published: readonly Publication[];
}

function deriveSettings(
  observed: Observed,
  { consumers, credentials, images, published }: DecidedParts,
  request: ActionRequest | undefined,
): DesiredSettings | undefined {
  const { settings, desired: before, unit, application, modelUuid, isLeader } = observed;
  const role = isLeader ? 'works' : 'observes';
  const requests = listRequests(observed, [...images.keys()], request);
  if (settings === undefined || credentials === undefined) {
    return before && keepLastSettings({ ...before, role }, consumers, published, requests);
  }
  return {
    unit,
    application,
    modelUuid,
    role,
    credentialsGeneration: credentials.secrets.generation,
    images,
    project: deriveProject(settings.config),
    maxParallel: settings.config.maxParallelBuilds,
    consumers: consumers.map(({ relationId, unit, cloudId }) => ({ relationId, unit, cloudId })),
    published,
    requests,
  };
}

function listRequests(
  { desired: before, built }: Observed,
  imageNames: readonly string[],
  request: ActionRequest | undefined,
): readonly BuildRequest[] {
  const open = listOpenRequests(before?.requests ?? [], built?.answered ?? [], imageNames);
  if (request === undefined) return open;
  return addRequest(open, request, imageNames, built?.endedBuilds ?? []);
}
