import { FORMAT_1 } from './desired-format-1.ts';
import { uuidOf } from './uuid-of.ts';

const FAILURE = {
  kind: 'copy',
  subject: 'app-noble-x64',
  cloudId: 'red',
  errorKind: 'unavailable',
  message: 'the image service of cloud red did not respond',
  failedAt: '2026-11-21T11:00:00.000Z',
  attempts: 2,
  nextAttemptAt: '2026-11-21T11:10:00.000Z',
};
const image = (cloudId: string, imageId: string) => ({
  ...{ arch: 'x64', base: 'noble', cloudId, imageId, juju: '', microk8s: '' },
});

/** The files that a unit of version 0.1.0 has, with an entry in each of their collections, by name. */
export const FORMER_FILES = {
  'desired.json': FORMAT_1,
  'schedule.json': { unit: 'app/0', intervalHours: 6 },
  'secrets.json': {
    generation: 3,
    scriptUrl: 'https://example.com/setup.sh',
    scriptSecrets: { API_TOKEN: 'text' },
    proxy: { http: 'http://proxy:3128', https: '', noProxy: '127.0.0.1' },
  },
  'built.json': {
    format: 1,
    generation: 9,
    desiredGeneration: 7,
    clouds: [
      { cloudId: 'builder', images: [image('builder', uuidOf('n1'))], activeIds: [uuidOf('n1')] },
      { cloudId: 'red', failure: { kind: 'unavailable', message: 'no answer' }, images: [], activeIds: [] },
    ],
    running: [
      {
        ...{
          kind: 'prune',
          buildId: '0123456789ab',
          subject: 'app-jammy-x64',
          step: 'prune',
          reason: 'one too many',
        },
        startedAt: '2026-11-21T11:00:00.000Z',
      },
    ],
    batch: { done: 1, total: 2 },
    failures: [FAILURE],
    answered: ['41'],
    endedBuilds: ['b0'],
    nextBuildAt: '2026-11-21T17:00:00.000Z',
    rests: 'waiting for credentials: none are installed',
  },
  'journal.json': {
    format: 1,
    builtAt: { 'app-noble-x64': 1_795_258_800_000 },
    builds: { 'app-noble-x64': { settings: 'abc', ids: ['b0'] } },
    preparedAt: { noble: 1_795_258_800_000 },
    preparedUnder: { noble: '27d468b00424078c.083588cd056caf76' },
    failures: { 'copy app-noble-x64 red': { ...FAILURE, settings: 'abc' } },
    pruned: { 'prune app-noble-x64 red': { settings: 'abc', at: 1_795_258_800_000 } },
    answered: ['41'],
    endedBuilds: ['b0'],
  },
} as const;
