import type { Consumer, DesiredState } from '../../src/model/unit/desired-state.ts';
import { uuidOf } from './uuid-of.ts';

/** A desired state as 0.1.0 wrote it: two bases, a script, one consumer, one request of an action. */
export const FORMAT_1 = {
  format: 1,
  generation: 7,
  unit: 'app/0',
  application: 'app',
  modelUuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
  role: 'works',
  credentialsGeneration: 3,
  images: {
    arch: 'x64',
    bases: ['noble', 'jammy'],
    jujuChannels: [],
    microk8sChannels: [],
    prefix: 'app',
    runnerVersion: '2.331.0',
    scriptDigest: '0123456789abcdef',
    cloudImagesUrl: 'https://images',
    runnerReleasesUrl: 'https://runners',
  },
  build: {
    cloud: 'builder',
    project: 'https://keystone default/images',
    flavor: 'Big',
    network: 'Net',
    maxParallel: 3,
    keepRevisions: 4,
  },
  consumers: [{ relationId: 1, unit: 'red/0', cloudId: 'red' }] as readonly Consumer[],
  published: [{ relationId: 1, imageIds: [uuidOf('n1'), uuidOf('j1')], isSettled: true }],
  requests: [{ action: '42', builds: [{ imageName: 'app-noble-x64', buildId: 'b1' }] }],
};

/** Returns the publications of a desired state as format 1 has them. */
export const formerPublications = (state: DesiredState | undefined): readonly object[] | undefined =>
  state?.published?.map(({ isConfirmed, ...publication }) => ({ ...publication, isSettled: isConfirmed }));
