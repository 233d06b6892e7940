import { describe, expect, test } from '@jest/globals';
import { type Step, StepFailedError, runSteps } from '../../src/image-builder/steps.ts';
import { CancelledError, InputError, ServerError } from '../../src/model/errors.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { ManualClock } from '../support/manual-clock.ts';

function makeStepTools() {
  const told: string[] = [];
  const events: ProgressEvent[] = [];
  const stop = new AbortController();
  const tools = {
    clock: new ManualClock(),
    signal: stop.signal,
    report: (event: ProgressEvent) => events.push(event),
    warn: (message: string) => told.push(`warned: ${message}`),
  };
  return { tools, told, events, stop };
}

const fail = () => Promise.reject(new ServerError('broken'));

describe('the undos of steps', () => {
  test('run newest first', async () => {
    const { tools, told } = makeStepTools();
    await runSteps(tools, async (step) => {
      await step('one', () => Promise.resolve(1), { cleanUp: (made) => told.push(`undo ${made}`) });
      await step('two', () => Promise.resolve(2), { cleanUp: (made) => told.push(`undo ${made}`) });
    });
    expect(told).toEqual(['undo 2', 'undo 1']);
  });

  test.each([
    ['success runs clean-ups only', () => Promise.resolve(), ['clean up']],
    ['failure runs the roll-back before the clean-up', fail, ['roll back', 'clean up']],
  ] as const)('after %s', async (_, last, expected) => {
    const { tools, told } = makeStepTools();
    const work = async (step: Step): Promise<void> => {
      const undo = { cleanUp: () => told.push('clean up'), rollBack: () => told.push('roll back') };
      await step('make', () => Promise.resolve(), undo);
      await step('use', () => last());
    };
    await runSteps(tools, work).catch(() => undefined);
    expect(told).toEqual(expected);
  });

  test('include that of the step that failed, which learns that nothing is known to be made', async () => {
    const { tools, told } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, (step) =>
        step('make', fail, { rollBack: (made) => told.push(`undo ${String(made)}`) }),
      ),
    );
    expect(told).toEqual(['undo undefined']);
    expect(error).toMatchObject({ step: 'make' });
  });

  test('that fail stop no other, are told as left behind, and leave the first cause the cause', async () => {
    const { tools, told } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('one', () => Promise.resolve(), { cleanUp: () => told.push('undo one') });
        await step('two', () => Promise.resolve(), { cleanUp: () => Promise.reject(new Error('stuck')) });
        await step('three', fail);
      }),
    );
    expect(told).toEqual(['undo one']);
    expect(error).toMatchObject({ step: 'three', leftovers: ['two: stuck'], first: { message: 'broken' } });
    expect(error.message).toBe('three: broken\nleft behind: two: stuck');
    expect(error.cause).toBeInstanceOf(ServerError);
  });

  test('that fail after success are warned of, and the work still succeeds', async () => {
    const { tools, told } = makeStepTools();
    const undo = {
      cleanUp: () => {
        throw new Error('stuck');
      },
    };
    const result = await runSteps(tools, (step) => step('one', () => Promise.resolve('good'), undo));
    expect([result, told]).toEqual(['good', ['warned: left behind: one: stuck']]);
  });

  test('run after a stop, too', async () => {
    const { tools, told, stop } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('one', () => Promise.resolve(), { cleanUp: () => told.push('undo one') });
        stop.abort(new CancelledError('stopped by SIGTERM'));
        await step('two', () => Promise.resolve(told.push('did two')));
      }),
    );
    expect(told).toEqual(['undo one']);
    expect(error).toMatchObject({ kind: 'cancelled', first: { message: 'stopped by SIGTERM' } });
  });

  test('run after a bug, and the bug stays what it is', async () => {
    const { tools, told } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('one', () => Promise.resolve(), { cleanUp: () => told.push('undo one') });
        await step('two', () => Promise.reject(new TypeError('x is not a function')));
      }),
    );
    expect(told).toEqual(['undo one']);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(StepFailedError);
  });
});

describe('a failed step', () => {
  test('has the kind of its cause', async () => {
    const { tools } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, (step) => step('choose', () => Promise.reject(new InputError(['x'])))),
    );
    expect(error).toMatchObject({ kind: 'input', message: 'choose: x' });
  });

  test('within a step is named by the inner one, with the leftovers of both', async () => {
    const { tools } = makeStepTools();
    const stuck = (name: string) => ({ rollBack: () => Promise.reject(new Error(`${name} stuck`)) });
    const inner = () => runSteps(tools, (step) => step('inner', fail, stuck('inner')));
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('before', () => Promise.resolve(), stuck('before'));
        await inner();
      }),
    );
    expect(error).toMatchObject({
      step: 'inner',
      leftovers: ['inner: inner stuck', 'before: before stuck'],
      first: { message: 'broken' },
    });
    expect(error.message).toBe('inner: broken\nleft behind: inner: inner stuck; before: before stuck');
  });

  test('fails the work at the step that failed, also when that was not the last to begin', async () => {
    const { tools } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('one', () => Promise.resolve());
        throw new ServerError('between');
      }),
    );
    expect(error).toMatchObject({ first: { message: 'between' } });
  });
});

test('steps and undos are reported with their seconds', async () => {
  const { tools, events } = makeStepTools();
  await failureOf(
    runSteps(tools, async (step) => {
      await step('one', () => tools.clock.advance(1250), { cleanUp: () => tools.clock.advance(500) });
      await step('two', fail);
    }),
  );
  expect(events).toEqual([
    { kind: 'started', step: 'one' },
    { kind: 'finished', step: 'one', seconds: 1.3 },
    { kind: 'started', step: 'two' },
    { kind: 'failed', step: 'two', seconds: 0, reason: 'broken' },
    { kind: 'started', step: 'undo one' },
    { kind: 'finished', step: 'undo one', seconds: 0.5 },
  ]);
});
