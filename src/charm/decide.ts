import type { DesiredState } from '../model/desired-state.ts';
import type { UnitStatus } from '../model/unit-status.ts';
import { type ConsumerCloud, type ImageRelation, listConsumers } from './consumers.ts';
import { type CredentialsDecision, decideCredentials } from './credentials.ts';
import {
  type Desire,
  addRequest,
  deriveBuild,
  deriveImages,
  freeze,
  listImageNames,
  nextDesiredState,
  openRequests,
} from './desired.ts';
import { type DatabagDecision, decideDatabag } from './image-databag.ts';
import type { Observed, Wish } from './observed.ts';
import { scriptDigestOf } from './script-digest.ts';
import { deriveUnitStatus } from './unit-status.ts';

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
  const { wish, built, relations, desired: before } = observed;
  const consumers = listConsumers(relations);
  const credentials =
    wish === undefined
      ? undefined
      : decideCredentials(wish, consumers, observed.proxy, observed.installed, before);
  const wanted = wish === undefined ? before?.images : imagesOf(wish, observed);
  const databags = relations.map((relation) => decideDatabag(relation, wanted, built));
  const desire = deriveDesire(observed, consumers, credentials, databags, request);
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

function imagesOf(wish: Wish, { key, application }: Observed): DesiredState['images'] {
  if (key === undefined) throw new Error('the unit has no key: expected the host to be set up first');
  const digest = scriptDigestOf(key, wish.config.scriptUrl, wish.scriptSecrets);
  return deriveImages(wish.config, application, digest);
}

function deriveDesire(
  observed: Observed,
  consumers: readonly ConsumerCloud[],
  credentials: CredentialsDecision | undefined,
  databags: readonly DatabagDecision[],
  request: ActionRequest | undefined,
): Desire | undefined {
  const { wish, desired: before, built, unit, application, modelUuid, isLeader } = observed;
  const role = isLeader ? 'works' : 'observes';
  const published = databags.map(({ publication }) => publication);
  const requestsFor = (images: DesiredState['images']): DesiredState['requests'] => {
    const names = listImageNames(images);
    const open = openRequests(before?.requests ?? [], built?.answered ?? [], names);
    if (request === undefined) return open;
    return addRequest(open, request.action, names, built?.endedBuilds ?? [], request.newBuildId);
  };
  if (wish === undefined || credentials === undefined) {
    return before === undefined
      ? undefined
      : freeze({ ...before, role }, consumers, published, requestsFor(before.images));
  }
  const images = imagesOf(wish, observed);
  return {
    unit,
    application,
    modelUuid,
    role,
    credentialsGeneration: credentials.secrets.generation,
    images,
    build: deriveBuild(wish.config),
    consumers: consumers.map(({ relationId, unit, cloudId }) => ({ relationId, unit, cloudId })),
    published,
    requests: requestsFor(images),
  };
}
