import type { BuildRequest, DesiredImages, DesiredState, Publication } from '../model/desired-state.ts';
import type { UnitStatus } from '../model/unit-status.ts';
import { type ConsumerCloud, type ImageRelation, listConsumers } from './relations/consumers.ts';
import { type CredentialsDecision, decideCredentials } from './credentials.ts';
import {
  type DesiredSettings,
  addRequest,
  deriveImages,
  deriveProject,
  freeze,
  nextDesiredState,
  openRequests,
} from './desired.ts';
import { type DatabagDecision, decideDatabag } from './relations/image-databag.ts';
import type { Observed, CharmSettings } from './observed.ts';
import { scriptDigestOf } from './script-digest.ts';
import { deriveUnitStatus } from './status/unit-status.ts';

/** What an action asks for. */
export interface ActionRequest {
  /** The action's task id. */
  readonly action: string;
  readonly newBuildId: () => string;
}

/** What one dispatch is to write. */
export interface Decision {
  /** `undefined`: what stands in the run folder is left. */
  readonly credentials: CredentialsDecision | undefined;
  /** `undefined`: the daemon has no orders, and gets none. */
  readonly desired: DesiredState | undefined;
  readonly isDesiredWritten: boolean;
  readonly databags: readonly DatabagDecision[];
  readonly status: UnitStatus;
}

/**
 * Decides everything, from what was read at the start of a dispatch and nothing else; so it does not matter which
 * event it was. While options or secrets cannot be used, the daemon's last orders go on: images are kept fresh as they
 * were wanted last, for those consumers that are still there, and databags are kept up.
 */
export function decide(observed: Observed, request?: ActionRequest): Decision {
  const { settings: wish, built, relations, desired: before } = observed;
  const consumers = listConsumers(relations);
  const credentials =
    wish === undefined
      ? undefined
      : decideCredentials(wish, consumers, observed.proxy, observed.installed, before);
  const images = wish === undefined ? before?.images : imagesOf(wish, consumers, observed);
  const databags = relations.map((relation) => decideDatabag(relation, images, built));
  const published = databags.map(({ publication }) => publication);
  const desire = images && deriveDesire(observed, { consumers, credentials, images, published }, request);
  const desired = desire === undefined ? undefined : nextDesiredState(desire, before, built);
  return {
    credentials,
    desired,
    isDesiredWritten: desired !== before,
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

/** What the desired state is made of, beside what was observed. */
interface DesireParts {
  readonly consumers: readonly ConsumerCloud[];
  readonly credentials: CredentialsDecision | undefined;
  readonly images: DesiredImages;
  readonly published: readonly Publication[];
}

function deriveDesire(
  observed: Observed,
  { consumers, credentials, images, published }: DesireParts,
  request: ActionRequest | undefined,
): DesiredSettings | undefined {
  const { settings: wish, desired: before, unit, application, modelUuid, isLeader } = observed;
  const role = isLeader ? 'works' : 'observes';
  const requests = listRequests(observed, [...images.keys()], request);
  if (wish === undefined || credentials === undefined) {
    return before && freeze({ ...before, role }, consumers, published, requests);
  }
  return {
    unit,
    application,
    modelUuid,
    role,
    credentialsGeneration: credentials.secrets.generation,
    images,
    project: deriveProject(wish.config),
    maxParallel: wish.config.maxParallelBuilds,
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
  const open = openRequests(before?.requests ?? [], built?.answered ?? [], imageNames);
  if (request === undefined) return open;
  return addRequest(open, request.action, imageNames, built?.endedBuilds ?? [], request.newBuildId);
}
