import { type CharmFiles, type OptionType, parseCharm } from './charm-files.ts';

type Options = Readonly<Record<string, OptionType>>;

const OPENSTACK: Options = {
  'openstack-auth-url': 'string',
  'openstack-project-domain-name': 'string',
  'openstack-project-name': 'string',
  'openstack-user-domain-name': 'string',
  'openstack-user-name': 'string',
};

/** The options of both eras. */
const COMMON: Options = {
  ...OPENSTACK,
  architecture: 'string',
  'base-image': 'string',
  'build-interval': 'int',
  'revision-history-limit': 'int',
  'runner-version': 'string',
  'script-secret': 'string',
  'script-secret-id': 'secret',
  'script-url': 'string',
};

/**
 * The options of the Python charm by era: the matrix of images with snaps until February 2025, and the secret of the
 * password since April 2026.
 */
export const ERA_OPTIONS = {
  matrix: {
    ...COMMON,
    'app-channel': 'string',
    'dockerhub-cache': 'string',
    'experimental-external-build': 'boolean',
    'experimental-external-build-flavor': 'string',
    'experimental-external-build-network': 'string',
    'juju-channels': 'string',
    'microk8s-channels': 'string',
    'openstack-password': 'string',
  },
  secrets: {
    ...COMMON,
    'build-flavor': 'string',
    'build-network': 'string',
    'openstack-password-secret': 'secret',
  },
} as const satisfies Readonly<Record<string, Options>>;

export type Era = keyof typeof ERA_OPTIONS;

const METADATA = `name: github-runner-image-builder
summary: The charm in Python.
description: Only its interface to Juju.
provides:
  image:
    interface: github_runner_image_v0
  cos-agent:
    interface: cos_agent
`;

/** Returns the YAML files of the Python charm of an era, as far as Juju compares them in a refresh. */
export function pythonCharmTexts(
  era: Era,
): Readonly<Record<'metadata' | 'config' | 'actions' | 'manifest', string>> {
  const options = Object.fromEntries(
    Object.entries<OptionType>(ERA_OPTIONS[era]).map(([name, type]) => [name, { type }]),
  );
  return {
    metadata: METADATA,
    config: JSON.stringify({ options }),
    actions: JSON.stringify({ run: {} }),
    manifest: JSON.stringify({ bases: [{ name: 'ubuntu', channel: '22.04', architectures: ['amd64'] }] }),
  };
}

/** Returns the decoded files of the Python charm of an era. */
export function pythonCharm(era: Era): CharmFiles {
  return parseCharm(pythonCharmTexts(era));
}
