import type { CloudReport } from '../../model/built.ts';
import type { UnitStatus } from '../../model/unit-status.ts';
import { type ConsumerCloud, type ImageRelation, listConsumers } from '../relations/consumers.ts';
import { joinParts } from './status-line.ts';
import type { ReportedInput, RuleResult } from './status-rule.ts';

/** Returns the status when the clouds of consumers refuse their credentials or do not answer. */
export function consumerCloudStatus(input: ReportedInput): RuleResult {
  const { built, relations, application } = input;
  const failed = listConsumers(relations).flatMap((consumer) => {
    const failure = built.clouds.find(({ cloudId }) => cloudId === consumer.cloudId)?.failure;
    return failure === undefined ? [] : [{ consumer, failure, isRefused: isRefusal(failure) }];
  });
  if (failed.length === 0) return undefined;
  const refused = failed.filter(({ isRefused }) => isRefused);
  const unreachable = failed.filter(({ isRefused }) => !isRefused);
  const message = joinParts([
    ...refused.map(({ consumer, failure }) => {
      const remote = applicationOf(consumer, relations);
      const remedy = `correct the OpenStack credentials of ${remote}, then juju remove-relation ${application} ${remote}`;
      return `${placeOf(consumer)} is refused by its cloud: ${remedy} and integrate again: ${failure.message}`;
    }),
    ...unreachable.map(
      ({ consumer, failure }) => `${placeOf(consumer)}: its cloud does not answer: ${failure.message}`,
    ),
  ]);
  return refused.length > 0 ? { name: 'active', message } : servedOrWaiting(input, message);
}

/** Returns the status when an image was not copied to a consumer's cloud, or old images were not deleted. */
export function copyFailureStatus(input: ReportedInput): RuleResult {
  const { built, relations } = input;
  const failed = built.failures.filter(({ kind }) => kind === 'copy' || kind === 'prune');
  if (failed.length === 0) return undefined;
  const consumers = listConsumers(relations);
  const parts = failed.map(({ kind, subject, cloudId, message }) => {
    const consumer = consumers.find((candidate) => candidate.cloudId === cloudId);
    const place =
      consumer === undefined ? `cloud ${cloudId === '' ? 'builder' : cloudId}` : placeOf(consumer);
    const problem =
      kind === 'copy' ? `${subject} was not copied` : `old images of ${subject} were not deleted`;
    return `${place}: ${problem}: ${message}`;
  });
  const isCopy = failed.some(({ kind }) => kind === 'copy');
  return isCopy ? servedOrWaiting(input, joinParts(parts)) : { name: 'active', message: joinParts(parts) };
}

/** Returns the status while images are copied to consumers' clouds. */
export function copyingStatus(input: ReportedInput): RuleResult {
  const copies = input.built.running.filter(({ kind }) => kind === 'copy');
  if (copies.length === 0) return undefined;
  const parts = copies.map(
    ({ subject, reason, step }) =>
      `copying ${subject}${reason === '' ? '' : ` (${reason})`}${step === '' ? '' : `: ${step}`}`,
  );
  return servedOrWaiting(input, joinParts(parts));
}

function servedOrWaiting({ isServed }: ReportedInput, message: string): UnitStatus {
  return isServed ? { name: 'active', message } : { name: 'waiting', message: `first image: ${message}` };
}

function isRefusal({ kind }: NonNullable<CloudReport['failure']>): boolean {
  return kind === 'input' || kind === 'denied';
}

/** Returns the relation and unit of a consumer: `image:3 (consumer/0)`. */
function placeOf({ relationId, unit }: ConsumerCloud): string {
  return `image:${relationId} (${unit})`;
}

function applicationOf({ relationId }: ConsumerCloud, relations: readonly ImageRelation[]): string {
  return relations.find(({ id }) => id === relationId)?.application ?? '';
}
