import { messageOf } from '../../model/message-of.ts';
import { ProductError } from '../../model/errors.ts';
import type { BuildFacts } from '../../image-builder/context.ts';
import { StepFailedError } from '../../image-builder/steps.ts';

/** A step that ended, and how long it took. */
export interface StepSeconds {
  readonly name: string;
  readonly seconds: number;
}

/** What a prune did in one cloud. */
export type Prune = NonNullable<BuildFacts['pruned']>;

/** What came together while a command ran. */
export interface Protocol {
  readonly facts: BuildFacts;
  readonly prunes: readonly Prune[];
  readonly steps: readonly StepSeconds[];
  readonly warnings: readonly string[];
}

/** Something that JSON can tell. */
export type Json = Readonly<Record<string, unknown>>;

/** `{serverId: 1}` → `{server_id: 1}`, at every depth: machines read snake case, as OpenStack writes it. */
export function toSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    toSnakeCase(item),
  ]);
  return Object.fromEntries(entries) as unknown;
}

/** The one object that a command prints: its own result, and what came together on the way. */
export function renderResult(result: Json, { facts, prunes, steps, warnings }: Protocol): string {
  const told = {
    ...(prunes.length === 0 ? {} : { pruned: prunes }),
    ...(steps.length === 0 ? {} : { steps }),
  };
  return `${JSON.stringify(toSnakeCase({ ...result, ...facts, ...told, warnings }))}\n`;
}

/** A failure as a machine reads it. */
export function describeFailure(error: unknown): Json {
  const kind = error instanceof ProductError ? error.kind : 'bug';
  const message = messageOf(error);
  const first = error instanceof StepFailedError ? error.first : error;
  return {
    error: {
      kind,
      type: first instanceof Error ? first.name : 'Error',
      message,
      ...(error instanceof StepFailedError ? { step: error.step, leftovers: error.leftovers } : {}),
    },
  };
}
