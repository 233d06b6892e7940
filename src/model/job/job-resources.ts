import { isMapping, isUuid } from '../decode.ts';
import { buildResourceName, unfinishedImageName } from '../image/names.ts';
import type { JobOrder } from './job-order.ts';
import { listCopiesOf, listRunningSteps, readLogLines } from './progress-lines.ts';
import { quoteForShell } from '../text/quote-for-shell.ts';

/** The kinds of resources that jobs create, in the order in which they can be deleted. */
const KINDS = ['floating IP', 'server', 'volume', 'image', 'keypair', 'security group'] as const;

export type ResourceKind = (typeof KINDS)[number];

/** A resource that a job created in a cloud. */
export interface JobResource {
  readonly cloud: string;
  readonly kind: ResourceKind;
  /** A UUID, and for a keypair its name. */
  readonly id: string;
}

/** `kept`: the resource is complete and belongs to the job no longer. */
export type ResourceChange = 'created' | 'deleted' | 'kept';

/** Returns the message of the log line about a resource, whose fields are those of `JobResource`. */
export function resourceMessage(change: ResourceChange): string {
  return `resource ${change}`;
}

/** A cloud, and the commands that delete what a job may leave there. */
export interface CleanUp {
  readonly cloud: string;
  readonly commands: readonly string[];
}

/**
 * Returns for each cloud the commands that delete what a job has created and not deleted, according to its log. A
 * resource whose creation is not answered yet has no id there: it is deleted by its name, which contains the build id.
 */
export function listCleanUps(order: JobOrder, progressText: string): readonly CleanUp[] {
  const known = listLeftResources(progressText);
  const unanswered = listUnanswered(order, progressText).filter(
    ({ cloud, kind }) => !known.some((resource) => resource.cloud === cloud && resource.kind === kind),
  );
  const all = [...known, ...unanswered];
  const found = KINDS.flatMap((kind) => all.filter((resource) => resource.kind === kind));
  return [...new Set(found.map(({ cloud }) => cloud))].map((cloud) => ({
    cloud,
    commands: found.filter((each) => each.cloud === cloud).flatMap(deleteCommands),
  }));
}

function deleteCommands({ kind, id }: JobResource): readonly string[] {
  const word = quoteForShell(id);
  if (kind === 'floating IP') return [`openstack floating ip delete ${word}`];
  if (kind !== 'server') return [`openstack ${kind} delete ${word}`];
  if (!isUuid(id)) return [`openstack server delete --wait ${word}`];
  const ports = `openstack port list --device-id ${word} -f value -c ID | xargs -r openstack port delete`;
  return [`openstack server delete --wait ${word}`, ports];
}

function listLeftResources(progressText: string): readonly JobResource[] {
  const left = new Map<string, JobResource>();
  for (const { message, fields } of readLogLines(progressText)) {
    const resource = readResource(fields);
    if (resource === undefined) continue;
    const key = JSON.stringify([resource.cloud, resource.kind, resource.id]);
    if (message === resourceMessage('created')) left.set(key, resource);
    else if (message === resourceMessage('deleted') || message === resourceMessage('kept')) left.delete(key);
  }
  return [...left.values()];
}

function readResource(fields: unknown): JobResource | undefined {
  if (!isMapping(fields)) return undefined;
  const { cloud, id } = fields;
  const kind = KINDS.find((each) => each === fields['kind']);
  if (typeof cloud !== 'string' || typeof id !== 'string' || kind === undefined) return undefined;
  return kind === 'keypair' || isUuid(id) ? { cloud, kind, id } : undefined;
}

/** The steps that create a resource with a name of its own. */
const CREATE_STEPS: ReadonlyMap<string, ResourceKind> = new Map([
  ['create keypair', 'keypair'],
  ['create volume', 'volume'],
  ['create server', 'server'],
  ['create image', 'image'],
]);

function listUnanswered(order: JobOrder, progressText: string): readonly JobResource[] {
  if (order.kind !== 'build' && order.kind !== 'layer' && order.kind !== 'copy') return [];
  const image = unfinishedImageName(order.imageName, order.id);
  const copies = listCopiesOf(progressText).map((cloud) => ({ cloud, kind: 'image' as const, id: image }));
  if (order.kind === 'copy') return copies;
  const { buildCloud: cloud, resourcePrefix } = order.entry.cloud;
  const name = buildResourceName(resourcePrefix, order.imageName, order.id);
  const running = listRunningSteps(progressText).flatMap((step) => {
    const kind = CREATE_STEPS.get(step.replace(/^undo /, ''));
    return kind === undefined ? [] : [{ cloud, kind, id: kind === 'image' ? image : name }];
  });
  return [...running, ...copies];
}
