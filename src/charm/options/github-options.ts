import { isGithubPath, parseTrialWorkflow } from '../../model/job/trial.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';
import type { OptionReader } from './option-reader.ts';

/** The GitHub of trials. The login is in a Juju secret. */
export interface GithubOptions {
  /** `owner/repository` or an organisation; empty while no trial can run. */
  readonly path: string;
  /** The runner group of the organisation; empty: its default group. */
  readonly group: string;
  /** The root of the API without a slash at its end. */
  readonly apiUrl: string;
  /** `owner/repository/file`; empty: trials run no job. */
  readonly workflow: string;
  /** The URI of the secret; empty when there is none. */
  readonly secret: string;
}

/** The longest name of a runner group that is sent to GitHub. */
const MAX_GROUP_LENGTH = 255;

/** Reads the options of GitHub. */
export function readGithubOptions(reader: OptionReader): GithubOptions {
  const path = reader.text('github-path');
  const isValid = isGithubPath(path);
  if (path !== '' && !isValid) reader.addProblem('github-path', 'OWNER/REPOSITORY or an organisation', path);
  const apiUrl = reader.publicUrl('github-api-url', reader.text('github-api-url'));
  return {
    path,
    group: readGroup(reader, path),
    apiUrl: withoutTrailing('/', apiUrl),
    workflow: readWorkflow(reader, isValid ? path : ''),
    secret: reader.secretUri('github-secret', reader.text('github-secret')),
  };
}

/** Reads the runner group. Only an organisation has groups. */
function readGroup(reader: OptionReader, path: string): string {
  const group = reader.text('github-runner-group', MAX_GROUP_LENGTH);
  if (group !== '' && path.includes('/')) {
    reader.addProblem('github-runner-group', `no group, as github-path is the repository ${path}`, group);
  }
  return group;
}

/** Reads the workflow: the file of a repository, or REPOSITORY/FILE of an organisation. */
function readWorkflow(reader: OptionReader, path: string): string {
  const text = reader.text('trial-workflow');
  if (text === '' || path === '') return ''; // without a path, the action is refused
  const workflow = `${path}/${text}`;
  if (parseTrialWorkflow(workflow) !== undefined) return workflow;
  const form = path.includes('/') ? 'a file name like trial.yml' : 'REPOSITORY/FILE like hello/trial.yml';
  reader.addProblem('trial-workflow', `${form}, as github-path is ${path}`, text);
  return '';
}
