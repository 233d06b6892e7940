import type { JobOutcome } from '../builder/tools.ts';
import { type Decoder, anyString, fields, list, optional, text } from '../model/decode.ts';
import { FAILURE_KINDS, type FailureKind } from '../model/errors.ts';

/** What failed, and how. */
export interface Trouble {
  readonly errorKind: FailureKind;
  readonly message: string;
}

/** What a job's result tells of single clouds and images. */
export interface JobResult {
  /** The clouds that have the image now. */
  readonly delivered: readonly string[];
  readonly undelivered: readonly (Trouble & { readonly cloudId: string })[];
  /** Revisions that should have gone and are still there. */
  readonly unpruned: readonly Trouble[];
}

const decoder = fields({
  images: optional(
    list(
      fields({
        cloud: optional(text),
        outcome: anyString,
        kind: optional(anyString),
        reason: optional(anyString),
      }),
    ),
  ),
});

type Line = NonNullable<(typeof decoder extends Decoder<infer T> ? T : never)['images']>[number];

/** Reads the result that the program printed; one of another form tells nothing. */
export function readJobResult({ result }: JobOutcome): JobResult {
  const problems: string[] = [];
  const lines = decoder(result, '', problems)?.images ?? [];
  if (problems.length > 0) return { delivered: [], undelivered: [], unpruned: [] };
  const failed = lines.filter(({ outcome }) => outcome === 'failed');
  return {
    delivered: lines.flatMap(({ cloud, outcome }) =>
      cloud === undefined || outcome === 'failed' ? [] : [cloud],
    ),
    undelivered: failed.flatMap((line) =>
      line.cloud === undefined ? [] : [{ cloudId: line.cloud, ...troubleOf(line) }],
    ),
    unpruned: failed.filter(({ cloud }) => cloud === undefined).map(troubleOf),
  };
}

function troubleOf({ kind, reason }: Line): Trouble {
  return {
    errorKind: FAILURE_KINDS.find((known) => known === kind) ?? 'build',
    message: reason ?? 'no reason told',
  };
}
