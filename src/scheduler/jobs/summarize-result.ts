import type { JobOutcome } from '../../builder/tools.ts';
import type { ImageCopy } from '../../model/image/image-copy.ts';
import type { FailureKind } from '../../model/errors.ts';
import type { PrunedImage } from '../../model/result/program-result-common.ts';
import type { JobResult } from '../../model/program-result.ts';

/** The reason why a part of a job failed. */
interface FailureCause {
  readonly errorKind: FailureKind;
  readonly message: string;
}

/** The part of a result that concerns single clouds and revisions. */
export interface ResultSummary {
  readonly copies: readonly ImageCopy[];
  /** The clouds that have the image now. */
  readonly copied: readonly string[];
  readonly notCopied: readonly (FailureCause & { readonly cloudId: string })[];
  /** The revisions that could not be deleted. */
  readonly notPruned: readonly FailureCause[];
  /** The things in clouds that could not be deleted. */
  readonly leftBehind: readonly string[];
}

/** Returns the clouds that a job copied to, and the failures that concern one cloud or one revision only. */
export function summarizeResult(outcome: JobOutcome): ResultSummary {
  const { result } = outcome;
  const copies = listCopies(result);
  const pruned = listPruned(result);
  return {
    copies,
    copied: copies.flatMap(({ cloud, outcome }) => (outcome === 'failed' ? [] : [cloud])),
    notCopied: copies.flatMap((copy) =>
      copy.outcome === 'failed' ? [{ cloudId: copy.cloud, errorKind: copy.kind, message: copy.reason }] : [],
    ),
    notPruned: pruned.flatMap(({ outcome, reason }) =>
      outcome === 'failed' ? [{ errorKind: 'build', message: reason }] : [],
    ),
    leftBehind: listLeftBehind(outcome),
  };
}

function listPruned(result: JobResult | undefined): readonly PrunedImage[] {
  if (result?.job === 'prune') return result.images ?? [];
  return result?.job === 'prune-clouds' ? (result.things ?? []) : [];
}

/** The beginning of the program's warnings about things that it could not delete. */
const LEFT_BEHIND = 'left behind: ';

function listLeftBehind(outcome: JobOutcome): readonly string[] {
  const warnings = outcome.result?.warnings ?? [];
  const warned = warnings.filter((warning) => warning.startsWith(LEFT_BEHIND));
  const failed = outcome.state === 'failed' ? outcome.leftovers : [];
  return [...failed, ...warned.map((warning) => warning.slice(LEFT_BEHIND.length))];
}

function listCopies(result: JobResult | undefined): readonly ImageCopy[] {
  return result?.job === 'build' || result?.job === 'copy' ? (result.images ?? []) : [];
}
