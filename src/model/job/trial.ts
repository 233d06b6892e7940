import { type Decoded, anyString, fields, integer, text, uuid, withDefault } from '../decode.ts';

/** The trial of an image as a runner. It holds no secret. */
export type Trial = Decoded<typeof trial>;

export const trial = fields({
  imageName: text,
  /** The key in clouds.yaml of the cloud in which the image is tried; empty: the build cloud. */
  cloudId: withDefault(anyString, ''),
  /** In that cloud. */
  imageId: uuid,
  /** The name or id of the network; empty: that of builds, or the only one of another cloud. */
  network: withDefault(anyString, ''),
  /** The seconds after which the trial is given up. */
  timeout: integer,
  /** `owner/repository` or an organisation. */
  githubPath: text,
  /** The runner group of the organisation; empty: its default group. */
  githubGroup: withDefault(anyString, ''),
  /** The root of GitHub's API without a slash at its end. */
  githubApiUrl: text,
  /** `owner/repository/file`; empty: the trial ends when the runner is idle. */
  workflow: anyString,
});

/** A workflow that a trial dispatches. */
export interface TrialWorkflow {
  readonly owner: string;
  readonly repo: string;
  /** The name of its file in `.github/workflows`. */
  readonly file: string;
}

const NAME = /^(?!\.+$)[A-Za-z0-9._-]{1,100}$/;
const FILE = /^[A-Za-z0-9._-]{1,100}\.ya?ml$/;

/** Reports whether the text is `owner/repository` or the name of an organisation. */
export function isGithubPath(path: string): boolean {
  const names = path.split('/');
  return names.length <= 2 && names.every((name) => NAME.test(name));
}

/** Parses `owner/repository/file`; undefined when it has another form. */
export function parseTrialWorkflow(workflow: string): TrialWorkflow | undefined {
  const [owner = '', repo = '', file = '', ...others] = workflow.split('/');
  if (others.length > 0 || ![owner, repo].every((name) => NAME.test(name)) || !FILE.test(file))
    return undefined;
  return { owner, repo, file };
}
