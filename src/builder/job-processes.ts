import type { JobKind } from '../model/built.ts';
import { InputError } from '../model/errors.ts';
import { type Owner, parseOwner } from '../model/owner.ts';
import { type ProcessIdentity, findProcessIdentity, findProcessState } from '../system/process-id.ts';
import { listProcesses } from '../system/processes.ts';
import { PROGRAM_FILE } from './programs.ts';
import type { JobPlace, Orderer } from './tools.ts';

/** A running process of the program, as its command line tells it. */
export interface JobProcess {
  readonly identity: ProcessIdentity;
  readonly kind: JobKind;
  readonly buildId: string;
  /** The image's name, or the base that is prepared; a copy tells the image's id only. */
  readonly subject: string;
  readonly cloudIds: readonly string[];
}

const KINDS: ReadonlyMap<string, JobKind> = new Map([
  ['init', 'prepare'],
  ['run', 'build'],
  ['distribute', 'copy'],
  ['prune', 'prune'],
]);

/** The jobs that run now for this unit of this model, from this host's programs. */
export async function findJobProcesses({ paths, orderer }: JobPlace): Promise<readonly JobProcess[]> {
  const processes = await listProcesses();
  return processes.flatMap(({ pid, args }) => {
    const told = parseJobArguments(args, paths.programs);
    if (told === undefined || !isOrderedBy(told.owner, orderer)) return [];
    const identity = findProcessIdentity(pid);
    if (identity === undefined || findProcessState(identity) !== 'alive') return [];
    const { kind, subject, cloudIds } = told;
    return [{ identity, kind, subject, cloudIds, buildId: told.owner.buildId }];
  });
}

type ToldJob = Omit<JobProcess, 'identity' | 'buildId'> & { readonly owner: Owner };

/** Understands a command line of the program, whichever of those in `programs` it is; `undefined` for any other. */
export function parseJobArguments(args: readonly string[], programs: string): ToldJob | undefined {
  const [, script = '', command = '', argument = '', ...rest] = args;
  const isProgram = script.startsWith(`${programs}/`) && script.endsWith(`/${PROGRAM_FILE}`);
  const kind = KINDS.get(command);
  if (!isProgram || kind === undefined) return undefined;
  const options = kind === 'prepare' ? [argument, ...rest] : rest;
  const valueOf = (name: string): string => options[options.indexOf(name) + 1] ?? '';
  const has = (name: string): boolean => options.includes(name);
  const owner = has('--owner') ? findOwner(valueOf('--owner')) : undefined;
  if (owner === undefined) return undefined;
  const target = kind === 'prune' ? '--os-cloud' : '--upload-clouds';
  return {
    kind,
    owner,
    subject: kind === 'prepare' ? valueOf('--base-image') : argument,
    cloudIds: has(target) ? valueOf(target).split(',') : [],
  };
}

function findOwner(json: string): Owner | undefined {
  try {
    return parseOwner(json, 'none');
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Another model may have a unit of the same name on this machine. */
function isOrderedBy(owner: Owner, { application, modelUuid, unit }: Orderer): boolean {
  return owner.application === application && owner.modelUuid === modelUuid && owner.unit === unit;
}
