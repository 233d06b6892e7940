import type { JobOrder } from './job-order.ts';

/** The job that a command line names. */
export interface NamedJob {
  readonly kind: string;
  readonly buildId: string;
  /** See `encodeJobOwner`. */
  readonly owner: string;
}

/** Returns the owner as a job's command line names it: `app/0@<model uuid>`. */
export function encodeJobOwner({ unit, modelUuid }: Pick<JobOrder['owner'], 'unit' | 'modelUuid'>): string {
  return `${unit}@${modelUuid}`;
}

/** Returns the program's arguments for a job; all else is in its order. */
export function encodeJobArguments({ kind, id, owner }: JobOrder): readonly string[] {
  return ['job', kind, id, '--owner', encodeJobOwner(owner)];
}

/** Returns the job that the program's arguments name; undefined when they are not those of a job. */
export function parseJobArguments(args: readonly string[]): NamedJob | undefined {
  const [command, kind, buildId, option, owner, ...rest] = args;
  if (command !== 'job' || option !== '--owner' || rest.length > 0) return undefined;
  return kind === undefined || buildId === undefined || owner === undefined
    ? undefined
    : { kind, buildId, owner };
}
