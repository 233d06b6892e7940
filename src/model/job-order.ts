import {
  type Decoded,
  type Decoder,
  anyString,
  decode,
  fields,
  flag,
  integer,
  isMapping,
  list,
  oneOf,
  optional,
  text,
  withDefault,
} from './decode.ts';
import { InputError } from './errors.ts';
import { parseJsonText } from './json-text.ts';
import type { OngoingJob } from './ongoing-job.ts';
import { BUILD_ID, type Owner } from './owner.ts';
import { type RunConfig, runConfig } from './run-config.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';

/** The file name of the order in a job's folder. */
export const ORDER_FILE = 'order.json';

const orderId: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read !== undefined && !BUILD_ID.test(read)) {
    problems.push(`${at}: expected up to 63 letters, digits, dashes or underscores`);
  }
  return read;
};

const instant: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read !== undefined && Number.isNaN(Date.parse(read))) problems.push(`${at}: expected a time`);
  return read;
};

const timeouts: Decoder<Partial<Timeouts>> = (value, at, problems) => {
  if (!isMapping(value)) {
    problems.push(`${at}: expected a mapping`);
    return undefined;
  }
  const read = Object.entries(value).map(([name, seconds]) => {
    if (!Object.hasOwn(DEFAULT_TIMEOUTS, name)) problems.push(`${at}.${name}: is not a time-out`);
    return [name, integer(seconds, `${at}.${name}`, problems)];
  });
  return Object.fromEntries(read) as Partial<Timeouts>;
};

/** The fields of every order. */
const head = {
  format: oneOf([1]),
  /** The build id; also the name of the job's folder. */
  id: orderId,
  owner: fields({ application: text, modelUuid: anyString, unit: anyString }),
  reason: anyString,
  /** ISO 8601, UTC. */
  orderedAt: instant,
  /** In seconds; only those that differ from the default. */
  timeouts: withDefault<Partial<Timeouts>, Partial<Timeouts>>(timeouts, {}),
  /** The port on which servers answer SSH; absent: the program's default. */
  sshPort: optional(integer),
};

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
  ...head,
  kind: oneOf(['build']),
  /** Differs from the name of the entry only when the program is run by hand. */
  imageName: text,
  entry: runConfig,
  /** The text of `encodeBuildInputs`, which is written on the image; empty: none. */
  inputs: anyString,
  /** The keys in clouds.yaml of the clouds that get the image; empty: it stays in the build cloud. */
  cloudIds: list(text),
  withinCloud,
  /** The number of revisions to keep; absent: all. */
  keepRevisions: optional(integer),
  /** The generation of secrets.json that the build was planned with; absent: any. */
  secretsGeneration: optional(integer),
});

const prepare = fields({
  ...head,
  kind: oneOf(['prepare']),
  /** One for each base; they have build cloud and architecture in common. */
  entries,
});

const copy = fields({
  ...head,
  kind: oneOf(['copy']),
  imageName: anyString,
  /** In the build cloud. */
  imageId: text,
  buildCloud: text,
  cloudIds: list(text),
  withinCloud,
  /** The number of revisions to keep in each cloud; absent: all. */
  keepRevisions: optional(integer),
});

const prune = fields({
  ...head,
  kind: oneOf(['prune']),
  imageName: text,
  cloudId: text,
  keepRevisions: integer,
  protectedIds: list(text),
  /** The ids in relation data. Their images get the protective mark and all others lose it; absent: no mark changes. */
  publishedIds: optional(list(text)),
  isDryRun: flag,
});

const listClouds = fields({
  ...head,
  kind: oneOf(['list']),
  cloudIds: list(text),
  /** Further images to look for, of any owner. */
  extraImages: list(fields({ cloudId: text, imageId: text })),
});

const decoders = { build, prepare, copy, prune, list: listClouds };

export type OrderKind = keyof typeof decoders;

/** The order of one job: order.json in the job's folder. It holds no secret. */
export type JobOrder = { readonly [K in OrderKind]: Decoded<(typeof decoders)[K]> }[OrderKind];

export type OrderOf<K extends OrderKind> = Extract<JobOrder, { readonly kind: K }>;

/** An order that changes something in a cloud. */
export type WorkOrder = Exclude<JobOrder, { readonly kind: 'list' }>;

/** The task of a job: its order without the fields that every order has. */
export type JobTask = TaskOf<JobOrder>;

/** The task of an order; of a union, one for each member. */
type TaskOf<O> = O extends JobOrder ? Omit<O, keyof typeof head> : never;

/** A task that changes something in a cloud. */
export type WorkTask = TaskOf<WorkOrder>;

/** The fields that every order has. */
export type OrderHead = Pick<JobOrder, keyof typeof head>;

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
  const inputs = order.kind === 'build' ? order.inputs : '';
  return { ...order.owner, buildId: order.id, ...(inputs === '' ? {} : { runConfig: inputs }) };
}

/** Returns all time-outs of a job: those of its order, and defaults for the others. */
export function timeoutsOf({ timeouts: given }: JobOrder): Timeouts {
  return { ...DEFAULT_TIMEOUTS, ...given };
}

/** Returns the subject of a job: the image's name, or the bases to prepare. */
function subjectOf(order: WorkOrder): string {
  if (order.kind !== 'prepare') return order.imageName;
  return order.entries.map(({ image }) => image.base).join(',');
}

/** Returns the destinations of a build or copy, or the cloud to prune. */
function cloudIdsOf(order: WorkOrder): readonly string[] {
  switch (order.kind) {
    case 'build':
    case 'copy':
      return order.cloudIds;
    case 'prune':
      return [order.cloudId];
    case 'prepare':
      return [];
  }
}

/** Returns the scheduler's view of a job that was started. */
export function toOngoingJob(order: WorkOrder): OngoingJob {
  return {
    kind: order.kind,
    buildId: order.id,
    subject: subjectOf(order),
    cloudIds: cloudIdsOf(order),
    reason: order.reason,
    startedAt: Date.parse(order.orderedAt),
  };
}
