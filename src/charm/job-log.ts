import { withConsumerNames } from '../model/unit/consumer-names.ts';
import type { Built } from '../model/unit/built.ts';
import type { JobEnd } from '../model/job/job-end.ts';
import type { JobKind } from '../model/job/job-kind.ts';
import { describeDuration } from '../model/text/quantities.ts';
import { BUILD_CLOUD } from './desired.ts';
import { type ImageRelation, consumerNames } from './relations/consumers.ts';

/** The lines in the log of Juju about the end of one job. */
export interface JobLogEntry {
  /** Distinguishes the ends of jobs. Has no line end. */
  readonly key: string;
  readonly level: 'info' | 'warning';
  readonly lines: readonly string[];
}

/** Describes the ends of jobs that the daemon reports, the oldest first. */
export function describeJobEnds(
  built: Built | undefined,
  relations: readonly ImageRelation[],
): readonly JobLogEntry[] {
  const names = consumerNames(relations);
  return (built?.ended ?? []).map((end) => ({
    key: JSON.stringify([end.endedAt, end.buildId, end.kind, end.subject, end.cloudId]),
    level: end.outcome === 'failed' ? 'warning' : 'info',
    lines: [describeEnd(end, names), ...listRecords(end)],
  }));
}

function describeEnd(end: JobEnd, names: ReadonlyMap<string, string>): string {
  const { kind, subject, cloudId, outcome, seconds, imageId, deleted = 0, reason = '', nextAttemptAt } = end;
  const work = `${NOUNS[kind]} ${subject}${describePlace(kind, cloudId, names)}`;
  const id = `show-build id=${end.buildId}`;
  if (outcome === 'failed') {
    const next = nextAttemptAt === undefined ? '' : `; next attempt at ${nextAttemptAt}`;
    const cause = withConsumerNames(reason, names).replace(/\s+/g, ' ').trim();
    return `${work} failed: ${cause}${next}; ${id} has its log`;
  }
  if (outcome === 'cancelled') return `${work} was cancelled by ${reason}; ${id} has its log`;
  const thing = kind === 'prune-clouds' ? 'thing' : 'image'; // the Python charm left keypairs and a server, too
  const result = deleted === 1 ? `1 ${thing} deleted` : `${deleted} ${thing}s deleted`;
  const made = kind === 'build' || kind === 'copy' ? `image ${imageId ?? 'of unknown id'}` : result;
  return `${work} succeeded in ${describeDuration(seconds * 1000)}: ${made} (${id})`;
}

const NOUNS: Readonly<Record<JobKind, string>> = {
  build: 'build of',
  copy: 'copy of',
  layer: 'making of layer',
  prepare: 'preparation of base',
  preflight: 'preflight of',
  prune: 'prune of',
  'prune-clouds': 'prune of',
  sweep: 'sweep of',
  trial: 'trial of',
};

function describePlace(kind: JobKind, cloudId: string, names: ReadonlyMap<string, string>): string {
  if (cloudId === '') return '';
  const place = cloudId === BUILD_CLOUD ? 'the build cloud' : (names.get(cloudId) ?? cloudId);
  return kind === 'copy' ? ` to ${place}` : ` in ${place}`;
}

/**
 * Returns the record of a build that dashboards of the Python charm read from the log. That charm built all images in one
 * run and wrote one record for all; here each image is a build of its own.
 */
function listRecords({ kind, outcome, seconds, arch, base }: JobEnd): readonly string[] {
  if (kind !== 'build' || outcome !== 'succeeded' || arch === undefined || base === undefined) return [];
  const record = { log_type: 'image_build', duration: seconds, cloud_images_count: 1, arch, bases: [base] };
  return [JSON.stringify(record)];
}
