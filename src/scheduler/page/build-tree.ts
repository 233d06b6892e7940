import type { PastJob } from '../../builder/jobs/past-jobs.ts';
import { listLayerNames } from '../../model/image/layers.ts';
import type { PageFacts } from './page-facts.ts';

/** A layer or an image, with what starts from it. */
export interface BuildNode {
  readonly subject: string;
  /** The newest job, or that of the layer which others start from. Undefined for what waits. */
  readonly past: PastJob | undefined;
  readonly below: readonly BuildNode[];
}

/** Deeper than layers are stacked. */
const MAX_DEPTH = 4;

/**
 * Returns the newest build of each image below the layer that it started from, and what waits for a layer below that
 * layer. Returns an empty list when no layer is involved.
 */
export function buildTree({ running, ended, built, desired }: PageFacts): readonly BuildNode[] {
  const jobs = [...running, ...ended].filter(({ job }) => job.kind === 'layer' || job.kind === 'build');
  const waiting = (built?.skipped ?? []).filter(({ layer }) => layer !== undefined);
  if (waiting.length === 0 && !jobs.some(({ job }) => job.kind === 'layer' || job.layerId !== undefined))
    return [];
  const subjects = [...(desired?.images ?? [])].flatMap(([name, { image }]) => [
    ...listLayerNames(image),
    name,
  ]);
  const newest = newestOfEach(jobs, [...new Set(subjects)]);
  const isWaiting = (subject: string): boolean => waiting.some((work) => work.subject === subject);
  const nodesBelow = (layer: string, past: PastJob | undefined, depth: number): readonly BuildNode[] => {
    if (depth === MAX_DEPTH) return [];
    const started = newest.filter(
      (other) => !isWaiting(other.job.subject) && past !== undefined && startsFrom(other, past),
    );
    const later = waiting.filter((work) => work.layer === layer && past === newestOf(newest, layer));
    return [
      ...started.map((other) => toNode(other, depth)),
      ...later.map(({ subject }) => ({
        subject,
        past: undefined,
        below: nodesBelow(subject, undefined, depth + 1),
      })),
    ];
  };
  const toNode = (past: PastJob, depth: number): BuildNode => {
    const { subject } = past.job;
    return { subject, past, below: nodesBelow(subject, past, depth + 1) };
  };
  const isBelow = (past: PastJob): boolean =>
    isWaiting(past.job.subject) || newest.some((other) => other !== past && startsFrom(past, other));
  const unmade = waiting.flatMap(({ layer = '' }) =>
    isWaiting(layer) || newestOf(newest, layer) !== undefined ? [] : [layer],
  );
  return [
    ...newest.filter((past) => !isBelow(past)).map((past) => toNode(past, 0)),
    ...[...new Set(unmade)].map((subject) => ({
      ...{ subject, past: undefined, below: nodesBelow(subject, undefined, 0) },
    })),
  ];
}

/** Returns the newest job of each subject, and the layers that these start from, the layers first. */
function newestOfEach(jobs: readonly PastJob[], subjects: readonly string[]): readonly PastJob[] {
  const newest = subjects.flatMap((subject) => newestOf(jobs, subject) ?? []);
  const used = jobs.filter((layer) => newest.some((past) => startsFrom(past, layer)));
  return [...new Set([...used, ...newest])];
}

function newestOf(jobs: readonly PastJob[], subject: string): PastJob | undefined {
  return jobs.find(({ job }) => job.subject === subject);
}

function startsFrom({ job }: PastJob, { end }: PastJob): boolean {
  const result = end?.outcome.result;
  return job.layerId !== undefined && result?.job === 'layer' && result.imageId === job.layerId;
}
