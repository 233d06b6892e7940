import { type Option, defineCommand, readOptions } from './command.ts';
import { GITHUB_NOTES, GITHUB_OPTIONS, runnerRequest } from './options/github-options.ts';
import type { OptionReader } from './options/read-options.ts';
import { readCommon } from '../settings.ts';
import { SWEEP_WAITS } from './waits.ts';

/** Declares an option that is read only when --github-path is given. */
const later = ({ flags, about }: Option<unknown>): Option<undefined> => ({
  flags,
  about,
  read: () => undefined,
});

/** Deletes the leftovers of dead builds and of runners whose time has passed. */
export const SWEEP = defineCommand({
  name: 'sweep',
  about:
    'Deletes the leftovers of dead builds of --owner, or else of builds with the same --prefix, or else of builds without either: servers, ports, key pairs and unfinished images; also runners whose time has passed.',
  options: {
    prefix: GITHUB_OPTIONS.prefix, // names the application when no owner is given
    isDryRun: {
      flags: '--dry-run',
      about: 'only print what would be deleted',
      read: readDryRun,
    },
    path: later({
      ...GITHUB_OPTIONS.path,
      about: 'OWNER/REPOSITORY or organisation at which to remove the registrations of deleted runners, too',
    }),
    apiUrl: later(GITHUB_OPTIONS.apiUrl),
    auth: later(GITHUB_OPTIONS.auth),
  },
  waits: SWEEP_WAITS,
  notes: GITHUB_NOTES,
  toRequest: ({ isDryRun }, call) => {
    const { reader, host } = call;
    if (reader.text('githubPath') === '') return { ...readCommon(call), command: 'sweep', isDryRun };
    return runnerRequest({ action: 'sweep' }, readOptions(GITHUB_OPTIONS, reader, host), call);
  },
});

function readDryRun(reader: OptionReader): boolean {
  const isDryRun = reader.isSet('dryRun');
  if (isDryRun && reader.text('githubPath') !== '')
    reader.problem('--dry-run', 'no --github-path, because registrations at GitHub have no dry run', '');
  return isDryRun;
}
