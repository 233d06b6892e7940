import type { Built } from '../../model/unit/built.ts';

/** The request id in a message of a cloud, which differs for each request. */
const REQUEST_ID = / \(request [^()]*\)/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)/g;

/** Removes the parts of a message that differ between two occurrences of the same failure: request ids and times. */
export function lastingText(message: string): string {
  return message.replaceAll(REQUEST_ID, '').replaceAll(TIME, '');
}

/**
 * Returns `next` with the messages of `previous` where only request ids or times differ, so that built.json is not
 * rewritten for them.
 */
export function keepTexts(previous: Built, next: Built): Built {
  const texts = new Map<string, string>();
  for (const { cloudId, failure } of previous.clouds) {
    if (failure !== undefined) texts.set(keyOf(cloudId, failure), failure.message);
  }
  for (const failure of previous.failures) texts.set(keyOfJob(failure), failure.message);
  return {
    ...next,
    clouds: next.clouds.map(({ failure, ...report }) => ({
      ...report,
      failure: failure && {
        ...failure,
        message: texts.get(keyOf(report.cloudId, failure)) ?? failure.message,
      },
    })),
    failures: next.failures.map((failure) => ({
      ...failure,
      message: texts.get(keyOfJob(failure)) ?? failure.message,
    })),
  };
}

function keyOf(
  cloudId: string,
  { kind, message }: { readonly kind: string; readonly message: string },
): string {
  return JSON.stringify([cloudId, kind, lastingText(message)]);
}

function keyOfJob({ kind, subject, cloudId, errorKind, message }: Built['failures'][number]): string {
  return JSON.stringify([kind, subject, cloudId, errorKind, lastingText(message)]);
}
