import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  type ResultError,
  type ResultLog,
  encodeFailure,
} from '../../src/model/result/program-result-common.ts';
import { decodeListResult, encodeListResult } from '../../src/model/result/program-result-list.ts';
import {
  decodeJobResult,
  encodeBuildResult,
  encodeCopyResult,
  encodeLatestBuildIdResult,
  encodePrepareResult,
  encodePruneResult,
  encodeSweepResult,
} from '../../src/model/program-result.ts';
import { uuidOf } from '../support/uuid-of.ts';

const NOTHING: ResultLog = { warnings: [] };
const steps = [{ name: 'choose flavor', seconds: 0.5 }];
const arrived = {
  cloud: 'a',
  imageId: uuidOf('i2'),
  outcome: 'copied',
  provenBy: 'stream hash',
  attempts: 2,
  seconds: 1.25,
} as const;
const refused = {
  cloud: 'b',
  outcome: 'failed',
  kind: 'denied',
  reason: 'quota',
  attempts: 1,
  seconds: 3,
} as const;
const kept = {
  id: uuidOf('i0'),
  createdAt: '2026-11-20T00:00:00Z',
  outcome: 'kept',
  reason: 'one of the newest 2',
} as const;
const stuck = {
  id: uuidOf('i9'),
  createdAt: '2026-11-01T00:00:00Z',
  outcome: 'failed',
  reason: 'in use',
} as const;
const images = [kept, stuck];

/** The facts, in an order that differs from the printed one. */
const facts = {
  imageId: uuidOf('i1'),
  parts: [{ name: 'apt', seconds: 12 }],
  serverId: uuidOf('s1'),
  baseSha256: 'f00',
  baseImageId: uuidOf('b1'),
  network: 'n1',
  flavor: 'm1',
  runnerVersion: '2.331.0',
  swept: ['server s0'],
};

const BUILD = {
  answer: { buildId: 'b7', imageName: 'app-noble-x64', cloud: 'builder', arch: 'x64', base: 'noble' },
  log: {
    warnings: ['slow Cloud'],
    steps,
    pruned: [{ cloud: 'builder', images: [kept] }],
    images: [arrived],
    ...facts,
  },
} as const;
const PARTIAL = {
  error: { kind: 'partial', type: 'DistributionError', message: 'not all' },
  log: { ...facts, images: [arrived, refused], steps, warnings: [] },
} as const;
const STEP: ResultError = {
  kind: 'build',
  type: 'ServerError',
  message: 'm',
  step: 'create server',
  leftovers: ['server s1: stuck'],
};
const PREPARE = {
  answer: {
    cloud: 'builder',
    baseImages: [{ base: 'noble', arch: 'x64', imageId: uuidOf('b1'), sha256: 'f00', wasUploaded: true }],
  },
  log: { swept: [], steps, warnings: [] },
} as const;
const COPY = {
  answer: { cloud: 'builder', imageId: uuidOf('i1') },
  log: { images: [arrived], pruned: [{ cloud: 'a', images: [kept] }], warnings: [] },
} as const;
const LATEST = { imageName: 'app-noble-x64', cloud: 'a' };
const PRUNE = { cloud: 'a', imageName: 'app-noble-x64', images };
const CLOUDS = [
  {
    cloudId: 'a',
    state: 'seen',
    projectKey: 'https://k/v3 p1 R1',
    images: [
      {
        id: uuidOf('i1'),
        name: 'app-noble-x64',
        status: 'active',
        createdAt: '2026-11-21T00:00:00Z',
        sourceImageId: uuidOf('i0'),
        runConfig: '{"base":"noble"}',
        buildId: 'b7',
        isPublished: true,
      },
      {
        id: uuidOf('i2'),
        name: 'app-noble-x64',
        status: 'queued',
        createdAt: '',
        buildId: '',
        isPublished: false,
      },
    ],
    activeExtraIds: [uuidOf('i5')],
  },
  { cloudId: 'b', state: 'seen', projectKey: 'https://k/v3 p2', images: [] },
  { cloudId: 'c', state: 'failed', kind: 'denied', type: 'UnauthorizedError', message: '401' },
] as const;

describe('the printed result', () => {
  /** The output of version 0.1.0, one result per line. */
  const lines = readFileSync(join(import.meta.dirname, 'printed-results.jsonl'), 'utf8').split(/(?<=\n)/);

  test.each([
    [0, 'a build', encodeBuildResult(BUILD.answer, BUILD.log)],
    [1, 'a build that did not reach all clouds', encodeFailure(PARTIAL.error, PARTIAL.log)],
    [2, 'a step that failed', encodeFailure(STEP, NOTHING)],
    [3, 'a prepare', encodePrepareResult(PREPARE.answer, PREPARE.log)],
    [4, 'a copy', encodeCopyResult(COPY.answer, COPY.log)],
    [5, 'a prune', encodePruneResult(PRUNE, NOTHING)],
    [
      6,
      'a prune of published images',
      encodePruneResult({ ...PRUNE, unmarked: [], marked: [uuidOf('i0')] }, NOTHING),
    ],
    [
      7,
      'a dry run of a prune',
      encodePruneResult({ ...PRUNE, wouldBeMarked: [], wouldBeUnmarked: [uuidOf('i9')] }, NOTHING),
    ],
    [8, 'a list', encodeListResult(CLOUDS, { warnings: ['cloud c: 401'] })],
    [9, 'a latest build id', encodeLatestBuildIdResult({ ...LATEST, imageId: uuidOf('i1') }, NOTHING)],
    [
      10,
      'a latest build id that does not exist',
      encodeLatestBuildIdResult({ ...LATEST, imageId: null }, NOTHING),
    ],
    [11, 'a sweep', encodeSweepResult({ cloud: 'a' }, { warnings: [], steps, swept: ['keypair k'] })],
  ])('Result %i, %s, keeps its keys, their order and its spacing', (index, _command, printed) => {
    expect(printed).toBe(lines[index]);
  });
});

describe('a decoded result', () => {
  test('The decoded result of a build has everything that was encoded', () => {
    const { answer, log } = BUILD;
    expect(decodeJobResult('build', encodeBuildResult(answer, log))).toEqual({
      job: 'build',
      ...answer,
      ...log,
    });
  });

  test('The decoded result of a build that did not reach all clouds has its error and the copies', () => {
    const { error, log } = PARTIAL;
    expect(decodeJobResult('build', encodeFailure(error, log))).toEqual({ job: 'build', error, ...log });
  });

  test('The decoded result of a failed step has the step and its leftovers', () => {
    const result = decodeJobResult('copy', encodeFailure(STEP, NOTHING));
    expect(result).toEqual({ job: 'copy', error: STEP, warnings: [] });
  });

  test('The decoded result of a prepare has the base images', () => {
    const { answer, log } = PREPARE;
    const result = decodeJobResult('prepare', encodePrepareResult(answer, log));
    expect(result).toEqual({ job: 'prepare', ...answer, ...log });
  });

  test('The decoded result of a copy has the copies and the prunes', () => {
    const { answer, log } = COPY;
    expect(decodeJobResult('copy', encodeCopyResult(answer, log))).toEqual({
      job: 'copy',
      ...answer,
      ...log,
    });
  });

  test('The decoded result of a prune has its revisions and its marks', () => {
    const answer = { ...PRUNE, marked: [uuidOf('i0')], unmarked: [] };
    const result = decodeJobResult('prune', encodePruneResult(answer, NOTHING));
    expect(result).toEqual({ job: 'prune', ...answer, warnings: [] });
  });

  test('The decoded result of a list has each cloud', () => {
    const log = { warnings: ['cloud c: 401'] };
    expect(decodeListResult(encodeListResult(CLOUDS, log))).toEqual({ ...log, clouds: CLOUDS });
  });
});

describe('a result of another form', () => {
  test.each([
    ['no text', ''],
    ['half of a result', '{"image_id": "i'],
    ['a list', '[]'],
    ['a number', '7'],
    ['an error without a kind', '{"error": {"message": "no"}}'],
    ['an unknown kind of error', '{"error": {"kind": "new", "message": "no"}}'],
  ])('An output that is %s is not accepted as a result', (_what, text) => {
    expect(decodeJobResult('build', text)).toBeUndefined();
    expect(decodeListResult(text)).toBeUndefined();
  });

  test('A result with invalid facts keeps its valid facts', () => {
    const text = `{"image_id": "${uuidOf('i1')}", "images": [1], "server_id": 7, "flavor": "m1", "later": {}}`;
    expect(decodeJobResult('build', text)).toEqual({
      job: 'build',
      imageId: uuidOf('i1'),
      flavor: 'm1',
      warnings: [],
    });
  });

  test('A result with invalid facts keeps its error', () => {
    const text = '{"error": {"kind": "partial", "message": "m"}, "images": {}}';
    const error = { kind: 'partial', type: '', message: 'm' };
    expect(decodeJobResult('copy', text)).toEqual({ job: 'copy', error, warnings: [] });
  });
});
