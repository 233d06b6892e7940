import type { JobOutcome } from '../../builder/tools.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { FailureKind } from '../../model/errors.ts';
import type { JobResult } from '../../model/program-result.ts';

/** What failed, and how. */
interface Trouble {
  readonly errorKind: FailureKind;
  readonly message: string;
}

/** The part of a result that concerns single clouds and revisions. */
export interface ResultSummary {
  /** The clouds that have the image now. */
  readonly delivered: readonly string[];
  readonly undelivered: readonly (Trouble & { readonly cloudId: string })[];
  /** The revisions that could not be deleted. */
  readonly unpruned: readonly Trouble[];
}

/** Returns which clouds a job delivered to, and what failed for one cloud or one revision alone. */
export function summarizeResult({ result }: JobOutcome): ResultSummary {
  const deliveries = listDeliveries(result);
  const pruned = result?.job === 'prune' ? (result.images ?? []) : [];
  return {
    delivered: deliveries.flatMap(({ cloud, outcome }) => (outcome === 'failed' ? [] : [cloud])),
    undelivered: deliveries.flatMap((delivery) =>
      delivery.outcome === 'failed'
        ? [{ cloudId: delivery.cloud, errorKind: delivery.kind, message: delivery.reason }]
        : [],
    ),
    unpruned: pruned.flatMap(({ outcome, reason }) =>
      outcome === 'failed' ? [{ errorKind: 'build', message: reason }] : [],
    ),
  };
}

function listDeliveries(result: JobResult | undefined): readonly Delivery[] {
  return result?.job === 'build' || result?.job === 'copy' ? (result.images ?? []) : [];
}
