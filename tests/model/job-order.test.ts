import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/model/errors.ts';
import { encodeJobArguments, parseJobArguments } from '../../src/model/job-arguments.ts';
import {
  type JobOrder,
  type WorkOrder,
  encodeJobOrder,
  ownerOf,
  parseJobOrder,
  timeoutsOf,
  toOngoingJob,
} from '../../src/model/job-order.ts';
import { DEFAULT_TIMEOUTS } from '../../src/model/timeouts.ts';
import { buildOrder, orderHead } from '../builder/support/jobs.ts';

const build = buildOrder({ timeouts: { apiTimeout: 9 }, sshPort: 2222, keepRevisions: 3 });
const { entry, imageName, cloudIds } = build;
const head = orderHead();
const REVISIONS = { keepRevisions: 5, protectedIds: ['p'], publishedIds: [], isDryRun: true };
const prepare: WorkOrder = { ...head, kind: 'prepare', entries: [entry] };
const copy: WorkOrder = {
  ...head,
  ...{ kind: 'copy', imageName, imageId: 'i', buildCloud: 'builder', cloudIds },
  ...{ withinCloud: 'share', keepRevisions: undefined },
};
const prune: WorkOrder = { ...head, kind: 'prune', imageName, cloudId: 'c', ...REVISIONS };
const list: JobOrder = { ...head, kind: 'list', cloudIds, extraImages: [{ cloudId: 'a', imageId: 'i' }] };

describe('an order', () => {
  test.each([build, prepare, copy, prune, list].map((order) => [order.kind, order] as const))(
    'An order to %s is the same after encoding and decoding',
    (_kind, order) => {
      expect(parseJobOrder(encodeJobOrder(order))).toEqual(order);
    },
  );

  test.each([
    ['no kind', { kind: undefined }, 'order.json.kind: expected one of build, prepare, copy, prune, list'],
    ['the kind of a property of objects', { kind: 'constructor' }, 'order.json.kind'],
    ['another format', { format: 2 }, 'order.json.format: expected one of 1'],
    ['an id that cannot name a folder', { id: '../b1' }, 'order.json.id: expected up to 63 letters'],
    ['an unknown time-out', { timeouts: { tea: 5 } }, 'order.json.timeouts.tea: is not a time-out'],
    ['an invalid time', { orderedAt: 'soon' }, 'order.json.orderedAt: expected a time'],
  ])('An order with %s is refused', (_what, change, problem) => {
    const parse = () => parseJobOrder(JSON.stringify({ ...build, ...change }));
    expect(parse).toThrow(InputError);
    expect(parse).toThrow(problem);
  });

  test('An order with a script URL instead of a reference is refused', () => {
    const text = encodeJobOrder(build).replace('"secrets.json"', '"https://x/"');
    expect(() => parseJobOrder(text)).toThrow('order.json.entry.image.scriptUrl: expected one of');
  });

  test('An order to prepare no bases is refused', () => {
    const text = JSON.stringify({ ...prepare, entries: [] });
    expect(() => parseJobOrder(text)).toThrow('order.json.entries: expected at least one');
  });

  test.each([
    ['build', build, 'img', ['a']],
    ['prepare', prepare, 'noble', []],
    ['copy', copy, 'img', ['a']],
    ['prune', prune, 'img', ['c']],
  ] as const)(
    'The job of an order to %s has its subject and its clouds',
    (_kind, order, subject, cloudIds) => {
      const startedAt = Date.parse(order.orderedAt);
      const { kind, reason } = order;
      expect(toOngoingJob(order)).toEqual({ kind, buildId: 'b1', subject, cloudIds, reason, startedAt });
    },
  );

  test('An order gives all time-outs, and the owner of a build carries its inputs', () => {
    expect(timeoutsOf(build)).toEqual({ ...DEFAULT_TIMEOUTS, apiTimeout: 9 });
    const owner = { application: 'app', modelUuid: 'model-1', unit: 'app/0', buildId: 'b1' };
    expect(ownerOf(build)).toEqual({ ...owner, runConfig: build.inputs });
    expect(ownerOf(prune)).toEqual(owner);
  });
});

describe('the arguments of a job', () => {
  test('The arguments of a job contain only its owner, kind and id', () => {
    const args = encodeJobArguments(prune);
    expect(args).toEqual(['job', 'prune', 'b1', '--owner', 'app/0@model-1']);
    expect(parseJobArguments(args)).toEqual({ kind: 'prune', buildId: 'b1', owner: 'app/0@model-1' });
  });

  test.each([
    [[]],
    [['job']],
    [['run', 'b', 'b1', '--owner', 'o']],
    [['job', 'b', 'b1', '--owner', 'o', 'x']],
  ])('The arguments %j name no job', (args) => {
    expect(parseJobArguments(args)).toBeUndefined();
  });
});
