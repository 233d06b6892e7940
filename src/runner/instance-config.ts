import { randomBytes } from 'node:crypto';
import { InputError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';
import type { Image } from '../openstack/images.ts';
import type { GithubClient } from './github/github-client.ts';
import type { GithubPath } from './github/github-path.ts';

/** The configuration of one runner instance. */
export interface InstanceConfig {
  /** The name of the server and of its runner. */
  readonly name: string;
  /** The labels by which workflows choose the runner. */
  readonly labels: readonly string[];
  /** The token that registers the runner where GitHub is too old for just-in-time configs. */
  readonly registrationToken: Secret;
  readonly githubPath: GithubPath;
  /** The image that the server boots from. */
  readonly openstackImage: Pick<Image, 'id' | 'name'>;
}

/** The longest name of a runner at GitHub. */
const LONGEST_NAME = 64;
const RANDOM_BYTES = 12;

/**
 * Creates the configuration of a runner: the name `<app>-<unit number>-<random>`, the labels, and a registration token,
 * which proves before anything is created that the client may register runners for the path. Throws InputError,
 * GithubError or DeadlineError.
 */
export async function createInstanceConfig(
  unitName: string,
  openstackImage: Pick<Image, 'id' | 'name'>,
  path: GithubPath,
  githubClient: GithubClient,
): Promise<InstanceConfig> {
  const { application, number } = parseUnitName(unitName);
  await githubClient.getGroupId(path);
  return {
    name: `${namePrefix(application, number)}${randomBytes(RANDOM_BYTES).toString('hex')}`,
    labels: [...new Set([application, openstackImage.name].filter((label) => label !== ''))],
    registrationToken: await githubClient.createRegistrationToken(path),
    githubPath: path,
    openstackImage,
  };
}

/** Reports whether `name` has the form of the names of an application's runners. */
export function isRunnerNameOf(application: string, name: string): boolean {
  const [, number, random = ''] = /^.*?-(\d+)-([0-9a-f]{24})$/.exec(name) ?? [];
  return number !== undefined && name === `${namePrefix(application, number)}${random}`;
}

function parseUnitName(unitName: string): { readonly application: string; readonly number: string } {
  const [, application, number] = /^(.+)\/(\d+)$/.exec(unitName) ?? [];
  if (application !== undefined && number !== undefined) return { application, number };
  throw new InputError([`unit: expected a name like app/0, got ${unitName || 'nothing'}`]);
}

/** Returns the beginning of a runner's name. An application with a long name is cut. */
function namePrefix(application: string, number: string): string {
  const end = `-${number}-`;
  const safe = application.replace(/[^A-Za-z0-9_.-]/g, '-');
  return `${safe.slice(0, LONGEST_NAME - end.length - 2 * RANDOM_BYTES)}${end}`;
}
