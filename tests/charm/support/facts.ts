import type { Built, CloudReport } from '../../../src/model/unit/built.ts';
import { Secret } from '../../../src/model/secret.ts';
import { NO_STEERING } from '../../../src/model/unit/steering.ts';
import {
  type ImageRelation,
  type RemoteUnit,
  cloudIdOf,
  decodeRemoteUnit,
} from '../../../src/charm/relations/consumers.ts';
import type { Observed } from '../../../src/charm/observed.ts';
import { charmConfig } from './options.ts';

/**
 * The databag of a consumer's unit. Both real consumers, github-runner and garm-configurator, write exactly these six
 * keys, and never a region.
 */
export function consumerDatabag(given: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    auth_url: 'https://keystone.consumer.example.com/v3',
    password: 'consumer-passw0rd',
    project_domain_name: 'default',
    project_name: 'runners',
    user_domain_name: 'default',
    username: 'runner',
    ...given,
  };
}

export function remoteUnit(name: string, databag = consumerDatabag()): RemoteUnit {
  return decodeRemoteUnit(name, databag);
}

export function imageRelation(given: Partial<ImageRelation> = {}): ImageRelation {
  return { id: 3, application: 'consumer', units: [remoteUnit('consumer/0')], databag: {}, ...given };
}

/** Returns the cloud id of one of a relation's units. */
export function cloudOf(relation: ImageRelation, index = 0): string {
  const unit = relation.units[index];
  if (unit?.credentials === undefined) throw new Error('this unit has no cloud');
  return cloudIdOf(relation.id, unit.name, unit.credentials);
}

/** The report of a cloud that answered and has the given images, all of them active. */
export function report(
  cloudId: string,
  images: Partial<Record<'noble' | 'jammy' | 'focal', string>>,
  given: Partial<CloudReport> = {},
): CloudReport {
  const found = (['noble', 'jammy', 'focal'] as const).flatMap((base) => {
    const imageId = images[base];
    return imageId === undefined
      ? []
      : [{ arch: 'x64' as const, base, cloudId, imageId, juju: '', microk8s: '' }];
  });
  return {
    cloudId,
    failure: undefined,
    images: found,
    activeIds: found.map(({ imageId }) => imageId),
    ...given,
  };
}

export function built(given: Partial<Built> = {}): Built {
  return {
    format: 1,
    generation: 1,
    desiredGeneration: 1,
    clouds: [],
    running: [],
    batch: { done: 0, total: 0 },
    failures: [],
    answered: [],
    endedBuilds: [],
    nextBuildAt: '2026-11-21T14:00:00.000Z',
    idleReason: undefined,
    metricsPort: undefined,
    ...given,
  };
}

/** The facts that a status seldom depends on. */
export const STATUS_FACTS = {
  unserved: [],
  imageNames: ['app-noble-x64'],
  steering: NO_STEERING,
  intervalHours: 6,
  now: Date.parse('2026-11-21T12:00:00Z'),
} as const;

/** The facts of a unit that was just deployed, configured and related. */
export function observed(given: Partial<Observed> = {}): Observed {
  const none = new Secret('');
  return {
    settings: {
      config: charmConfig(),
      credential: { method: 'password', password: new Secret('build-passw0rd') },
      scriptSecrets: {},
      github: {},
    },
    problems: [],
    notices: [],
    snapshotNames: { application: 'app', jujuChannels: [], microk8sChannels: [] },
    relations: [imageRelation()],
    monitors: [],
    peers: undefined,
    unit: 'app/0',
    application: 'app',
    modelName: 'dev',
    isLeader: true,
    egressSubnets: ['10.0.0.4/32'],
    modelUuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
    proxy: { http: none, https: none, noProxy: none },
    key: new Secret('0'.repeat(64)),
    installed: { clouds: undefined, secrets: undefined },
    desired: undefined,
    built: undefined,
    now: Date.parse('2026-11-21T12:00:00Z'),
    silentMinutes: undefined,
    takenOver: [],
    ...given,
  };
}
