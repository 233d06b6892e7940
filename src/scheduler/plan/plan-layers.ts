import { createHash } from 'node:crypto';
import { type Channel, NO_CHANNEL } from '../../model/image/channel.ts';
import { LAYER_LIFETIME_MS, layerNameOf, toLayerConfig } from '../../model/image/layers.ts';
import type { ObservedLayer } from '../../model/observation.ts';
import type { RunConfig } from '../../model/run-config.ts';
import type { LastLayer } from '../journal/journal.ts';
import { type BackOff, findBackOff, findFailure } from './plan-back-off.ts';
import type { PlanIndex } from './plan-index.ts';
import { count, minuteOf } from './plan-words.ts';

/** An image to build. */
export interface LayerUser {
  readonly imageName: string;
  readonly config: RunConfig;
}

/** The parts that several images of one base share. */
interface Layer {
  readonly name: string;
  readonly microk8s: Channel;
  /** Equal for equal contents, as far as options and the version of this software decide about it. */
  readonly key: string;
}

/** A layer and the images that can start from it. */
interface LayerGroup {
  readonly layer: Layer;
  readonly users: readonly LayerUser[];
}

/** The state of a layer: it exists, is being made, is to be made, waits for quota, or is not made for a reason. */
type LayerState =
  | { readonly state: 'ready'; readonly layerId: string }
  | { readonly state: 'coming' | 'wanted' }
  | { readonly state: 'queued'; readonly backOff: BackOff }
  | { readonly state: 'none'; readonly why: string };

/** A layer that is being made, is to be made or waits for quota. */
export interface PlannedLayer {
  readonly layer: Layer;
  readonly isRunning: boolean;
  readonly backOff: BackOff | undefined;
  /** An image that starts from it. */
  readonly firstUser: string;
  readonly start: BuildStart;
  readonly reason: string;
}

/** The start of a build: a layer, a layer that is not made yet, or the base image, for a reason. */
export type BuildStart =
  | { readonly from: 'layer'; readonly layerId: string }
  | { readonly from: 'coming'; readonly layerName: string }
  | { readonly from: 'base'; readonly why: string };

/** The layers that the builds of one base wait for, and the start of each build. */
export interface LayerPlan {
  readonly layers: readonly PlannedLayer[];
  readonly startOf: (imageName: string) => BuildStart;
}

/**
 * Decides which layers the images of one base get. A layer is made when at least two builds or layers start from it and,
 * once it was made, if it saved time. While a layer failed recently, or is not listed although it was made, its images
 * are built without it. An image whose last build failed uses no layer, so that no layer can keep it from being built. A
 * quota that was used up is no failure of a layer or an image: they wait.
 */
export function planLayers(
  due: readonly LayerUser[],
  listed: readonly ObservedLayer[],
  input: PlanIndex,
): LayerPlan {
  const users = due.filter((user) => mayUseLayers(user, input));
  const [first] = users;
  if (first === undefined) return { layers: [], startOf: () => AFTER_FAILURE };
  const judge = (layer: Layer, amount: number): LayerState => judgeLayer(layer, amount, listed, input);
  const withMicrok8s = users.filter(({ config }) => config.image.microk8s !== NO_CHANNEL);
  const uppers = groupUsers(withMicrok8s, input).map((group) => ({
    ...group,
    state: judge(group.layer, group.users.length),
  }));
  const used = uppers.filter(({ state }) => state.state !== 'none');
  const wanted = uppers.filter(({ state }) => state.state === 'wanted' || state.state === 'queued');
  const lower = layerOf(first.config, NO_CHANNEL, input);
  const lowerUsers = users.length - used.flatMap((upper) => upper.users).length;
  const lowerState = judge(lower, lowerUsers + wanted.length);
  const lowerStart = toStart(lower, lowerState);
  const starts = new Map(users.map(({ imageName }) => [imageName, lowerStart]));
  for (const { layer, state, users: own } of used)
    for (const { imageName } of own) starts.set(imageName, toStart(layer, state));
  const plan = (layer: Layer, state: LayerState, users: readonly LayerUser[], start: BuildStart) => {
    if (state.state === 'ready' || state.state === 'none') return [];
    const backOff = state.state === 'queued' ? state.backOff : undefined;
    return [{ layer, isRunning: state.state === 'coming', backOff, ...describe(users, start) }];
  };
  return {
    layers: [
      ...plan(lower, lowerState, users, BASE),
      ...uppers.flatMap(({ layer, state, users: own }) => plan(layer, state, own, lowerStart)),
    ],
    startOf: (imageName) => starts.get(imageName) ?? AFTER_FAILURE,
  };
}

/** Returns the ids of the layers from which images that are due can start. No others are needed. */
export function listNeededLayers(
  due: readonly LayerUser[],
  listed: readonly ObservedLayer[],
  input: PlanIndex,
): ReadonlySet<string> {
  const users = due.filter((user) => mayUseLayers(user, input));
  const lowers = groupUsers(users, input, () => NO_CHANNEL);
  const layers = [...lowers, ...groupUsers(users, input)].map(({ layer }) => layer);
  return new Set(layers.flatMap((layer) => findReady(layer, listed, input)?.id ?? []));
}

const BASE: BuildStart = { from: 'base', why: '' };
const AFTER_FAILURE: BuildStart = { from: 'base', why: 'the last build failed' };

function mayUseLayers({ imageName }: LayerUser, input: PlanIndex): boolean {
  const failure = findFailure({ kind: 'build', subject: imageName, cloudId: '' }, input);
  return failure === undefined || failure.errorKind === 'quota';
}

/** Groups images by their layers for these channels. All images of a group give the layer the same key. */
function groupUsers(
  users: readonly LayerUser[],
  input: PlanIndex,
  channelOf = ({ config }: LayerUser): Channel => config.image.microk8s,
): readonly LayerGroup[] {
  const groups = new Map<string, LayerUser[]>();
  for (const user of users) {
    const name = layerNameOf(user.config.image, channelOf(user));
    groups.set(name, [...(groups.get(name) ?? []), user]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ layer: layerOf(first.config, channelOf(first), input), users: group }];
  });
}

function describe(users: readonly LayerUser[], start: BuildStart) {
  return { firstUser: users[0]?.imageName ?? '', start, reason: `shared by ${count(users.length, 'image')}` };
}

function toStart({ name }: Layer, state: LayerState): BuildStart {
  switch (state.state) {
    case 'ready':
      return { from: 'layer', layerId: state.layerId };
    case 'coming':
    case 'wanted':
    case 'queued':
      return { from: 'coming', layerName: name };
    case 'none':
      return { from: 'base', why: state.why };
  }
}

function judgeLayer(
  layer: Layer,
  amount: number,
  listed: readonly ObservedLayer[],
  input: PlanIndex,
): LayerState {
  const ready = findReady(layer, listed, input);
  if (ready !== undefined) return { state: 'ready', layerId: ready.id };
  const { name } = layer;
  if (input.ongoing.some(({ kind, subject }) => kind === 'layer' && subject === name))
    return { state: 'coming' };
  if (amount < 2) return { state: 'none', why: 'no other image that shares it is due' };
  const backOff = findBackOff({ kind: 'layer', subject: name, cloudId: '' }, input);
  if (backOff?.cause === 'waits') return { state: 'queued', backOff };
  const why = backOff?.reason ?? explainLast(layer, amount, listed, input);
  return why === undefined ? { state: 'wanted' } : { state: 'none', why };
}

/** Returns why the last making of a layer is a reason not to make it again. */
function explainLast(
  layer: Layer,
  amount: number,
  listed: readonly ObservedLayer[],
  input: PlanIndex,
): string | undefined {
  const { name } = layer;
  if (listed.some((each) => isLayer(each, layer) && isFresh(each, input)))
    return `${name} cannot be used now`;
  const last = findLast(name, input);
  if (last === undefined) return undefined;
  const isRecent = last.at <= input.now && input.now < last.at + LAYER_LIFETIME_MS;
  if (isRecent && !last.isListed) return `${name} was made at ${minuteOf(last.at)}, but is not listed`;
  const saved = amount * last.partsSeconds;
  return last.seconds === 0 || saved > last.seconds
    ? undefined
    : `a layer takes ${Math.round(last.seconds)} s and saves ${Math.round(saved)} s`;
}

/** Finds the newest usable layer with this content. */
function findReady(
  layer: Layer,
  listed: readonly ObservedLayer[],
  input: PlanIndex,
): ObservedLayer | undefined {
  const doomed = new Set(input.ongoing.flatMap(({ deletableIds = [] }) => deletableIds));
  return listed.find(
    (each) =>
      isLayer(each, layer) && each.status === 'active' && isFresh(each, input) && !doomed.has(each.id),
  );
}

function isLayer(listed: ObservedLayer, { name, key }: Layer): boolean {
  return listed.name === name && listed.key === key;
}

/**
 * Reports whether builds may still start from a layer: by our own clock, or by Glance's when the journal has no entry or
 * that of another layer.
 */
function isFresh(layer: ObservedLayer, input: PlanIndex): boolean {
  const last = findLast(layer.name, input);
  const isLast = last?.buildId === layer.buildId && last.at <= input.now;
  const madeAt = isLast ? last.at : Date.parse(layer.createdAt);
  return input.now < madeAt + LAYER_LIFETIME_MS;
}

/** Finds the last making of a layer under its current settings. */
function findLast(name: string, { settingsOf, journal }: PlanIndex): LastLayer | undefined {
  const last = journal.layers[name];
  return last?.settings === settingsOf('layer', name) ? last : undefined;
}

function layerOf(config: RunConfig, microk8s: Channel, { desired, version }: PlanIndex): Layer {
  const { image, cloud, externalService } = toLayerConfig(config, microk8s);
  const { ...fields } = image;
  const contents = [
    ...[version, desired.project, { ...fields, runnerVersion: undefined }, externalService],
    { ...cloud, uploadClouds: undefined, numRevisions: undefined },
  ];
  const digest = createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 16);
  return { name: layerNameOf(image, microk8s), microk8s, key: `layer=${digest}` };
}
