import {
  type Decoded,
  type Decoder,
  anyString,
  decode,
  fields,
  flag,
  integer,
  list,
  oneOf,
  optional,
  text,
  usableList,
  uuid,
} from '../decode.ts';
import { InputError } from '../errors.ts';
import { parseJsonText } from '../text/json-text.ts';
import { ORDER_HEAD } from './order-head.ts';
import type { Owner } from '../owner.ts';
import { type RunConfig, runConfig } from '../run-config.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';
import { trial } from './trial.ts';

/** The file name of the order in a job's folder. */
export const ORDER_FILE = 'order.json';

/** Decodes run configs: at least one. */
const entries: Decoder<readonly [RunConfig, ...RunConfig[]]> = (value, at, problems) => {
  const known = problems.length;
  const [first, ...others] = list(runConfig)(value, at, problems) ?? [];
  if (first !== undefined) return [first, ...others];
  if (problems.length === known) problems.push(`${at}: expected at least one`);
  return undefined;
};

/** The way in which another project of the build cloud gets the image. */
const withinCloud = oneOf(['copy', 'share']);

const build = fields({
  ...ORDER_HEAD,
  kind: oneOf(['build']),
  /** Differs from the name of the entry only when the program is run by hand. */
  imageName: text,
  entry: runConfig,
  /** The text of `encodeBuildInputs`, which is written on the image; empty: none. */
  inputs: anyString,
  /** The layer to start from; absent: the base image. */
  layerId: optional(uuid),
  /** The keys in clouds.yaml of the clouds that get the image; empty: it stays in the build cloud. */
  cloudIds: list(text),
  withinCloud,
  /** The number of revisions to keep; absent: all. */
  keepRevisions: optional(integer),
  /** The generation of secrets.json that the build was planned with; absent: any. */
  secretsGeneration: optional(integer),
});

const layer = fields({
  ...ORDER_HEAD,
  kind: oneOf(['layer']),
  /** The name of the layer. */
  imageName: text,
  /** The run config from `toLayerConfig`. */
  entry: runConfig,
  /** The key by which the plan recognises the layer, which is written on it. */
  inputs: text,
  /** The layer to start from; absent: the base image. */
  layerId: optional(uuid),
});

const prepare = fields({
  ...ORDER_HEAD,
  kind: oneOf(['prepare']),
  /** One for each base; they have build cloud and architecture in common. */
  entries,
});

const copy = fields({
  ...ORDER_HEAD,
  kind: oneOf(['copy']),
  imageName: anyString,
  /** In the build cloud. */
  imageId: uuid,
  buildCloud: text,
  cloudIds: list(text),
  withinCloud,
  /** The number of revisions to keep in each cloud; absent: all. */
  keepRevisions: optional(integer),
});

const prune = fields({
  ...ORDER_HEAD,
  kind: oneOf(['prune']),
  imageName: text,
  cloudId: text,
  keepRevisions: integer,
  protectedIds: usableList(uuid),
  /** The only images that may be deleted; absent: all that are older than the newest. */
  deletableIds: optional(list(uuid)),
  /** The ids in relation data. Their images get the protective mark and all others lose it; absent: no mark changes. */
  publishedIds: optional(usableList(uuid)),
  isDryRun: flag,
});

const sweep = fields({
  ...ORDER_HEAD,
  kind: oneOf(['sweep']),
  buildCloud: text,
  /** The clouds that get copies: only their unfinished images are swept. */
  cloudIds: list(text),
});

const pruneClouds = fields({
  ...ORDER_HEAD,
  kind: oneOf(['prune-clouds']),
  /** The description of the prune. */
  subject: text,
  isDryRun: flag,
  protectedIds: usableList(uuid),
  /** The revisions of each image in each cloud, and the only ones that may be deleted. */
  revisions: list(
    fields({ cloudId: text, imageName: text, keepRevisions: integer, deletableIds: list(uuid) }),
  ),
  /** Things of the Python charm: images by id, and by name none, images only, or servers and keypairs as well. */
  former: list(fields({ cloudId: text, imageIds: list(uuid), names: oneOf(['none', 'images', 'all']) })),
  /** The clouds and images that are left out, with the reasons. */
  omitted: list(text),
});

const preflight = fields({
  ...ORDER_HEAD,
  kind: oneOf(['preflight']),
  /** The images to build; they have their clouds in common. */
  entries,
  /** The keys in clouds.yaml of the clouds that receive the images. */
  cloudIds: list(text),
});

const tryImage = fields({
  ...ORDER_HEAD,
  kind: oneOf(['trial']),
  /** The key in clouds.yaml of the cloud in which the image is tried. */
  buildCloud: text,
  /** Empty: the smallest that is big enough. */
  flavor: anyString,
  /** Empty: the only network. */
  network: anyString,
  /** Empty: no floating IP. */
  floatingNetwork: anyString,
  /** The networks that may log in to the server; empty: those of this machine. */
  sshCidrs: list(text),
  trial,
});

const listClouds = fields({
  ...ORDER_HEAD,
  kind: oneOf(['list']),
  cloudIds: list(text),
  /** Further images to look for, of any owner. */
  extraImages: list(fields({ cloudId: text, imageId: uuid })),
});

const decoders = {
  ...{ build, layer, prepare, copy, prune, sweep },
  ...{ 'prune-clouds': pruneClouds, preflight, trial: tryImage, list: listClouds },
};

export type OrderKind = keyof typeof decoders;

/** The order of one job: order.json in the job's folder. It holds no secret. */
export type JobOrder = { readonly [K in OrderKind]: Decoded<(typeof decoders)[K]> }[OrderKind];

export type OrderOf<K extends OrderKind> = Extract<JobOrder, { readonly kind: K }>;

/** An order that changes something in a cloud. */
export type WorkOrder = Exclude<JobOrder, { readonly kind: 'list' }>;

/** The task of a job: its order without the fields that every order has. */
export type JobTask = TaskOf<JobOrder>;

/** The task of an order; of a union, one for each member. */
type TaskOf<O> = O extends JobOrder ? Omit<O, keyof typeof ORDER_HEAD> : never;

/** A task that changes something in a cloud. */
export type WorkTask = TaskOf<WorkOrder>;

/** The fields that every order has. */
export type OrderHead = Pick<JobOrder, keyof typeof ORDER_HEAD>;

/** An image to look for in one cloud, of any owner. */
export type ExtraImage = OrderOf<'list'>['extraImages'][number];

const kindOf = fields({ kind: oneOf(Object.keys(decoders) as readonly OrderKind[]) });

const jobOrder: Decoder<JobOrder> = (value, at, problems) => {
  const known = problems.length;
  const read = kindOf(value, at, problems);
  if (read === undefined || problems.length > known) return undefined;
  return decoders[read.kind](value, at, problems);
};

/** Returns the text of order.json. */
export function encodeJobOrder(order: JobOrder): string {
  return `${JSON.stringify(order)}\n`;
}

/** Decodes the text of order.json. Throws InputError with all problems. */
export function parseJobOrder(json: string): JobOrder {
  return decode(
    jobOrder,
    parseJsonText(json, ORDER_FILE),
    ORDER_FILE,
    (problems) => new InputError(problems),
  );
}

/** Returns the owner that everything made by the job carries. */
export function ownerOf(order: JobOrder): Owner {
  const inputs = order.kind === 'build' || order.kind === 'layer' ? order.inputs : '';
  return { ...order.owner, buildId: order.id, ...(inputs === '' ? {} : { runConfig: inputs }) };
}

/** Returns all time-outs of a job: those of its order, and defaults for the others. */
export function timeoutsOf({ timeouts: given }: JobOrder): Timeouts {
  return { ...DEFAULT_TIMEOUTS, ...given };
}
