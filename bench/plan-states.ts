import { buildInputsOf, encodeBuildInputs } from '../src/model/image/build-inputs.ts';
import { LAYER_LIFETIME_MS, listLayerNames } from '../src/model/image/layers.ts';
import type { DesiredState, Publication } from '../src/model/unit/desired-state.ts';
import type { ObservedCloud, ObservedImage } from '../src/model/observation.ts';
import { rememberFailure } from '../src/scheduler/journal/back-off.ts';
import type { JobKey, Journal } from '../src/scheduler/journal/journal.ts';
import { settingsOf } from '../src/scheduler/plan/plan-settings.ts';
import { type PlanInput, planWork } from '../src/scheduler/plan/plan.ts';
import { desiredState } from '../tests/scheduler/desired-fixtures.ts';
import {
  HOUR,
  NOW,
  hoursAgo,
  image,
  planInput,
  preparedOf,
  seen,
} from '../tests/scheduler/plan/plan-fixtures.ts';
import { uuidOf } from '../tests/support/uuid-of.ts';

export const IMAGES = 200;
export const CLOUDS = 10;
const REVISIONS = 5;
const BASES = ['focal', 'jammy', 'noble', 'resolute'] as const;

/** A state of 200 images in the build cloud and in the clouds of 10 consumers. */
export interface PlanState {
  readonly what: string;
  readonly input: PlanInput;
}

interface StateChanges {
  /** The age of the newest revision in hours. */
  readonly age?: number;
  readonly keepRevisions?: number;
  /** The number of newest revisions that the consumers lack. */
  readonly uncopied?: number;
}

/** Returns the states whose plans are the longest in different ways. */
export function listPlanStates(): readonly PlanState[] {
  const due = stateOf({ age: 30 });
  return [
    { what: 'all up to date', input: stateOf({}) },
    { what: 'all due', input: due },
    { what: 'all due, layers exist', input: withLayers(due, 1) },
    { what: 'all up to date, old layers', input: withLayers(stateOf({}), 7) },
    { what: 'all due, 20 requests', input: withRequests(due) },
    { what: 'all to copy', input: stateOf({ uncopied: 1 }) },
    { what: 'all to prune', input: stateOf({ keepRevisions: 2 }) },
    { what: '1000 failures in back-off', input: withFailures(stateOf({ uncopied: 1, keepRevisions: 2 })) },
  ];
}

function stateOf({ age = 1, keepRevisions = REVISIONS, uncopied = 0 }: StateChanges): PlanInput {
  const consumers = Array.from({ length: CLOUDS }, (_, index) => ({
    ...{ relationId: index, unit: `consumer${index}/0`, cloudId: `cloud${index}` },
  }));
  const desired = desiredState({
    consumers,
    images: {
      bases: BASES,
      jujuChannels: Array.from({ length: 9 }, (_, index) => `3.${index}/stable`),
      microk8sChannels: Array.from({ length: 4 }, (_, index) => `1.3${index}/stable`),
    },
    build: { keepRevisions },
  });
  const build = [...desired.images.keys()].flatMap((name) => listRevisions(name, age, desired));
  const copies = build.filter((_, index) => index % REVISIONS >= uncopied);
  const clouds = consumers.map(({ cloudId }) =>
    seen(
      cloudId,
      cloudId,
      copies.map((source) => copyIn(cloudId, source)),
    ),
  );
  const published = consumers.map(({ relationId, cloudId }) => publicationOf(relationId, cloudId, copies));
  const marks = new Set(published.flatMap(({ imageIds }) => imageIds));
  const observation = [seen('builder', 'builder', build), ...clouds].map((cloud) => withMarks(cloud, marks));
  const all = { ...desired, published };
  const prepared = preparedOf(Object.fromEntries(BASES.map((base) => [base, NOW - HOUR])), all);
  const base = planInput({ desired: all, observation, intervalHours: 24, reportedIds: [...marks] });
  return { ...base, journal: { ...base.journal, ...prepared } };
}

function listRevisions(name: string, age: number, { images }: DesiredState): readonly ObservedImage[] {
  const config = images.get(name);
  const runConfig = config && encodeBuildInputs(buildInputsOf(config, '1.0.0'));
  return Array.from({ length: REVISIONS }, (_, index) => {
    const id = uuidOf(`${name} ${index}`);
    return image(id, { name, runConfig, createdAt: hoursAgo(age + index * 24) });
  });
}

function copyIn(cloudId: string, source: ObservedImage): ObservedImage {
  return { ...source, id: uuidOf(`${cloudId} ${source.id}`), sourceImageId: source.id };
}

/** Returns the publication of the newest copies. */
function publicationOf(relationId: number, cloudId: string, copies: readonly ObservedImage[]): Publication {
  const newest = new Map(copies.toReversed().map((source) => [source.name, source]));
  const sources = [...newest.values()].map((source) => ({
    imageName: source.name,
    imageId: copyIn(cloudId, source).id,
    source: { imageId: source.id, createdAt: source.createdAt },
  }));
  return { relationId, imageIds: sources.map(({ imageId }) => imageId), isConfirmed: true, sources };
}

function withMarks(cloud: ObservedCloud, marks: ReadonlySet<string>): ObservedCloud {
  if (cloud.state !== 'seen') return cloud;
  const images = cloud.images.map((each) => ({ ...each, isPublished: marks.has(each.id) }));
  return { ...cloud, images: images.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)) };
}

/** Adds all layers, made some hours ago, under the keys that the plan gives them. */
function withLayers(input: PlanInput, age: number): PlanInput {
  const { desired, observation = [], journal } = input;
  const wanted = planWork({ ...stateOf({ age: 30 }), desired: { ...desired, maxParallel: 99 } });
  const keys = new Map(wanted.flatMap((entry) => (entry.act === 'layer' ? [[entry.name, entry.key]] : [])));
  const names = [...new Set([...desired.images.values()].flatMap((config) => listLayerNames(config.image)))];
  const layers = names.map((name) => ({
    ...{ id: uuidOf(name), name, status: 'active', createdAt: hoursAgo(age) },
    ...{ key: keys.get(name) ?? '', buildId: name },
  }));
  const made = names.map((name) => {
    const settings = settingsOf(desired, 'layer', name);
    const times = { at: NOW - age * HOUR, seconds: 600, partsSeconds: 500 };
    return [name, { buildId: name, settings, isListed: age * HOUR < LAYER_LIFETIME_MS, ...times }] as const;
  });
  const [build, ...others] = observation;
  return {
    ...input,
    journal: { ...journal, layers: Object.fromEntries(made) },
    observation: build?.state === 'seen' ? [{ ...build, layers }, ...others] : observation,
  };
}

/** Adds as many requests as the charm keeps, each for every image. */
function withRequests(input: PlanInput): PlanInput {
  const names = [...input.desired.images.keys()];
  const requests = Array.from({ length: 20 }, (_, action) => ({
    action: String(action),
    builds: names.map((imageName) => ({ imageName, buildId: `${action}-${imageName}` })),
  }));
  return { ...input, desired: { ...input.desired, requests } };
}

/** Adds as many failures as the journal keeps: of all builds, and of copies and prunes. */
function withFailures(input: PlanInput): PlanInput {
  const { desired } = input;
  const names = [...desired.images.keys()];
  const inClouds = (kind: 'copy' | 'prune', clouds: number): readonly JobKey[] =>
    names.flatMap((subject) =>
      Array.from({ length: clouds }, (_, index) => ({ kind, subject, cloudId: `cloud${index}` })),
    );
  const builds = names.map((subject) => ({ kind: 'build', subject, cloudId: '' }) as const);
  const keys: readonly JobKey[] = [...builds, ...inClouds('copy', 2), ...inClouds('prune', 2)];
  const fail = (journal: Journal, key: JobKey): Journal =>
    rememberFailure(journal, {
      ...{ ...key, errorKind: 'unavailable', message: 'a simulated failure', now: NOW - 1000 },
      ...{ settings: settingsOf(desired, key.kind, key.subject), intervalHours: 24, random01: 0.5 },
    });
  return { ...input, journal: keys.reduce(fail, input.journal) };
}
