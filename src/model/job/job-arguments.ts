import type { JobOrder } from './job-order.ts';

/** The job that a command line names. */
export interface NamedJob {
  readonly kind: string;
  readonly buildId: string;
  /** The owner as `encodeJobOwner` writes it. */
  readonly owner: string;
}

/** Returns the owner in the form of a job's command line: `app/0@<model uuid>`. */
export function encodeJobOwner({ unit, modelUuid }: Pick<JobOrder['owner'], 'unit' | 'modelUuid'>): string {
  return `${unit}@${modelUuid}`;
}

/** Returns the program's arguments for a job. Its order holds everything else. */
export function encodeJobArguments({ kind, id, owner }: JobOrder): readonly string[] {
  return ['job', kind, id, '--owner', encodeJobOwner(owner)];
}

/** Returns the job that a command line names; undefined when `args` are not the arguments of a job. */
export function parseJobArguments(args: readonly string[]): NamedJob | undefined {
  const [command, kind, buildId, option, owner, ...surplus] = args;
  if (command !== 'job' || option !== '--owner' || surplus.length > 0) return undefined;
  return kind === undefined || buildId === undefined || owner === undefined
    ? undefined
    : { kind, buildId, owner };
}
