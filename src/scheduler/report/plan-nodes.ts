import { type DesiredState, buildCloudOf } from '../../model/unit/desired-state.ts';
import type { Observation } from '../../model/observation.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { type TreeNode, listTreeNames } from '../../model/unit/plan-tree.ts';
import type { Plan, PlanEntry } from '../plan/plan-entry.ts';
import { describeEntry } from './change-log.ts';

/** Returns the name of a layer by its id; undefined when the build cloud does not list it. */
export type LayerNames = (id: string | undefined) => string | undefined;

/** Reads the names of the layers from the last answer of the build cloud. */
export function layerNamesOf(desired: DesiredState, observation: Observation | undefined): LayerNames {
  const cloud = observation?.find(({ cloudId }) => cloudId === buildCloudOf(desired));
  const layers = cloud?.state === 'seen' ? (cloud.layers ?? []) : [];
  return (id) => layers.find((layer) => layer.id === id)?.name;
}

/** Returns the running jobs that are in the tree of the plan, as nodes, and the lines of the others. */
export function splitJobs(
  ongoing: readonly OngoingJob[],
  nameOf: LayerNames,
): { readonly nodes: readonly TreeNode[]; readonly others: readonly string[] } {
  const describe = ({ kind, subject, buildId, reason }: OngoingJob): string =>
    `runs: ${kind} ${subject} (${buildId}): ${reason}`;
  return {
    nodes: ongoing
      .filter(isInTree)
      .flatMap((job) =>
        listSubjects(job).map((name) => ({ name, text: describe(job), layer: nameOf(job.layerId) })),
      ),
    others: ongoing.filter((job) => !isInTree(job)).map(describe),
  };
}

function isInTree({ kind }: Pick<OngoingJob, 'kind'>): boolean {
  return kind === 'build' || kind === 'layer' || kind === 'prepare';
}

/** Returns the names of what a job makes. It may prepare several bases. */
function listSubjects({ kind, subject }: Pick<OngoingJob, 'kind' | 'subject'>): readonly string[] {
  return kind === 'prepare' ? subject.split(',') : [subject];
}

/** Returns the entries of a plan that are in its tree, as nodes, and the other entries. */
export function splitPlan(
  plan: Plan,
  { images }: DesiredState,
  nameOf: LayerNames,
): { readonly nodes: readonly TreeNode[]; readonly others: Plan } {
  const names = listTreeNames(images);
  const found = plan.map((entry) => ({ entry, node: toNode(entry, nameOf) }));
  const isKnown = (node: TreeNode | undefined): node is TreeNode =>
    node !== undefined && names.has(node.name);
  return {
    nodes: found.map(({ node }) => node).filter(isKnown),
    others: found.filter(({ node }) => !isKnown(node)).map(({ entry }) => entry),
  };
}

function toNode(entry: PlanEntry, nameOf: LayerNames): TreeNode | undefined {
  const text = `${describeEntry(entry)}: ${entry.reason}`;
  switch (entry.act) {
    case 'prepare':
      return { name: entry.base, text };
    case 'layer':
      return { name: entry.name, text, layer: nameOf(entry.layerId) };
    case 'build':
      return { name: entry.imageName, text, layer: nameOf(entry.layerId) };
    case 'skip':
      return { name: entry.subject, text, layer: entry.waitsFor };
    case 'copy':
    case 'prune':
    case 'prune-clouds':
    case 'sweep':
    case 'preflight':
    case 'trial':
      return undefined;
  }
}
