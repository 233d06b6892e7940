import { join } from 'node:path';
import type { JobKind } from '../../model/job/job-kind.ts';
import { type Decoder, anyString, decode, fields, list, oneOf, text } from '../../model/decode.ts';
import { InputError } from '../../model/errors.ts';
import { type NamedJob, encodeJobOwner } from '../../model/job/job-arguments.ts';
import { parseJsonText } from '../../model/text/json-text.ts';
import type { OngoingJob } from '../../model/job/ongoing-job.ts';
import { parseOwner } from '../../model/owner.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { jobFiles } from './job-files.ts';

/*
 * Version 0.1.0 described a job by its command line and by job.json. A build that it started outlives the upgrade, so
 * both forms are still read. Nothing writes them.
 */

const KINDS: ReadonlyMap<string, JobKind> = new Map([
  ['init', 'prepare'],
  ['run', 'build'],
  ['distribute', 'copy'],
  ['prune', 'prune'],
]);

/** Parses a command line of 0.1.0, without node and script. Returns undefined when it names no job. */
export function parseFormerArguments(args: readonly string[]): NamedJob | undefined {
  const [command = '', argument = '', ...others] = args;
  const kind = KINDS.get(command);
  const options = kind === 'prepare' ? [argument, ...others] : others;
  const at = options.indexOf('--owner');
  if (kind === undefined || at < 0) return undefined;
  const owner = tryRead(() => parseOwner(options[at + 1] ?? '', 'none'));
  if (owner?.unit.startsWith(`${owner.application}/`) !== true) return undefined;
  return { kind, buildId: owner.buildId, owner: encodeJobOwner(owner) };
}

const decoder: Decoder<Omit<OngoingJob, 'startedAt'> & { readonly startedAt: string }> = fields({
  kind: oneOf(['prepare', 'build', 'copy', 'prune']),
  buildId: text,
  subject: text,
  cloudIds: list(text),
  reason: anyString,
  startedAt: text,
});

/** Reads the job.json of a job. Returns undefined when it is missing, damaged or that of another job. */
export async function findFormerJob(paths: UnitPaths, buildId: string): Promise<OngoingJob | undefined> {
  const json = await readTextFile(join(jobFiles(paths, buildId).folder, 'job.json'));
  if (json === undefined) return undefined;
  const read = tryRead(() =>
    decode(decoder, parseJsonText(json, 'job.json'), 'job.json', (problems) => new InputError(problems)),
  );
  const startedAt = Date.parse(read?.startedAt ?? '');
  return read?.buildId !== buildId || Number.isNaN(startedAt) ? undefined : { ...read, startedAt };
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
