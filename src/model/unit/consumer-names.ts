import { type Consumer, applicationOf } from './desired-state.ts';

/**
 * Returns the names of consumers by the keys of their clouds: the application, or the unit when several units of it are
 * consumers. The charm, which also knows units without credentials, has `consumerNames` for this.
 */
export function nameConsumers(consumers: readonly Consumer[]): ReadonlyMap<string, string> {
  const hasOthers = ({ relationId, unit }: Consumer): boolean =>
    consumers.some((other) => other.relationId === relationId && other.unit !== unit);
  return new Map(
    consumers.map((consumer) => [
      consumer.cloudId,
      hasOthers(consumer) ? consumer.unit : applicationOf(consumer),
    ]),
  );
}

/** Replaces the keys of consumers' clouds in a text of the scheduler, which the operator does not know. */
export function withConsumerNames(text: string, names: ReadonlyMap<string, string>): string {
  return [...names].reduce((named, [cloudId, name]) => named.replaceAll(cloudId, name), text);
}
