import type { JobOutcome } from '../../builder/tools.ts';
import type { ImageCopy } from '../../model/image-copy.ts';
import type { FailureKind } from '../../model/errors.ts';
import type { JobResult } from '../../model/program-result.ts';

/** The reason why a part of a job failed. */
interface FailureCause {
  readonly errorKind: FailureKind;
  readonly message: string;
}

/** The part of a result that concerns single clouds and revisions. */
export interface ResultSummary {
  /** The clouds that have the image now. */
  readonly copied: readonly string[];
  readonly notCopied: readonly (FailureCause & { readonly cloudId: string })[];
  /** The revisions that could not be deleted. */
  readonly notPruned: readonly FailureCause[];
}

/** Returns the clouds that a job copied to, and the failures that concern one cloud or one revision only. */
export function summarizeResult({ result }: JobOutcome): ResultSummary {
  const deliveries = listDeliveries(result);
  const pruned = result?.job === 'prune' ? (result.images ?? []) : [];
  return {
    copied: deliveries.flatMap(({ cloud, outcome }) => (outcome === 'failed' ? [] : [cloud])),
    notCopied: deliveries.flatMap((delivery) =>
      delivery.outcome === 'failed'
        ? [{ cloudId: delivery.cloud, errorKind: delivery.kind, message: delivery.reason }]
        : [],
    ),
    notPruned: pruned.flatMap(({ outcome, reason }) =>
      outcome === 'failed' ? [{ errorKind: 'build', message: reason }] : [],
    ),
  };
}

function listDeliveries(result: JobResult | undefined): readonly ImageCopy[] {
  return result?.job === 'build' || result?.job === 'copy' ? (result.images ?? []) : [];
}
