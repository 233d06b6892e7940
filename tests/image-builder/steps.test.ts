import { describe, expect, test } from '@jest/globals';
import { type Step, StepFailedError, runSteps } from '../../src/image-builder/steps.ts';
import { CancelledError, InputError, ServerError } from '../../src/model/errors.ts';
import type { ProgressEvent } from '../../src/model/job/progress.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { ManualClock } from '../support/manual-clock.ts';

function makeStepTools() {
  const log: string[] = [];
  const events: ProgressEvent[] = [];
  const stop = new AbortController();
  const tools = {
    clock: new ManualClock(),
    signal: stop.signal,
    report: (event: ProgressEvent) => events.push(event),
    warn: (message: string) => log.push(`warned: ${message}`),
  };
  return { tools, log, events, stop };
}

const fail = () => Promise.reject(new ServerError('broken'));

describe('the watch of a step', () => {
  test('Transfers and waits of a step, and those of its undo, are reported under its name', async () => {
    const { tools, events } = makeStepTools();
    const wait = () => ({ seen: 'BUILD', leftMs: 1 });
    await runSteps(tools, (step) =>
      step(
        'make',
        ({ onTransfer, onWait }) => {
          onTransfer(() => ({ moved: 0, size: 1 }));
          onWait(wait);
          return Promise.resolve();
        },
        { cleanUp: (_, { onWait }) => onWait(wait) },
      ),
    );
    const watched = events.filter(({ kind }) => kind === 'transfer' || kind === 'wait');
    expect(watched.map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      ...['transfer make', 'wait make', 'wait undo make'],
    ]);
  });
});

describe('the undos of steps', () => {
  test('Undos run newest first', async () => {
    const { tools, log } = makeStepTools();
    await runSteps(tools, async (step) => {
      await step('one', () => Promise.resolve(1), { cleanUp: (made) => log.push(`undo ${made}`) });
      await step('two', () => Promise.resolve(2), { cleanUp: (made) => log.push(`undo ${made}`) });
    });
    expect(log).toEqual(['undo 2', 'undo 1']);
  });

  test.each([
    ['Only clean-ups run after success', () => Promise.resolve(), ['clean up']],
    ['Roll-backs run before clean-ups after failure', fail, ['roll back', 'clean up']],
  ] as const)('%s', async (_, last, expected) => {
    const { tools, log } = makeStepTools();
    const work = async (step: Step): Promise<void> => {
      const undo = { cleanUp: () => log.push('clean up'), rollBack: () => log.push('roll back') };
      await step('make', () => Promise.resolve(), undo);
      await step('use', () => last());
    };
    await runSteps(tools, work).catch(() => undefined);
    expect(log).toEqual(expected);
  });

  test('The undo of the failed step runs with an undefined result', async () => {
    const { tools, log } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, (step) => step('make', fail, { rollBack: (made) => log.push(`undo ${String(made)}`) })),
    );
    expect(log).toEqual(['undo undefined']);
    expect(error).toMatchObject({ step: 'make' });
  });

  test('A failed undo is reported as left behind and does not stop other undos or replace the first cause', async () => {
    const { tools, log } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('one', () => Promise.resolve(), { cleanUp: () => log.push('undo one') });
        await step('two', () => Promise.resolve(), { cleanUp: () => Promise.reject(new Error('stuck')) });
        await step('three', fail);
      }),
    );
    expect(log).toEqual(['undo one']);
    expect(error).toMatchObject({ step: 'three', leftovers: ['two: stuck'], first: { message: 'broken' } });
    expect(error.message).toBe('three: broken\nleft behind: two: stuck');
    expect(error.cause).toBeInstanceOf(ServerError);
  });

  test('An undo that fails after success causes a warning, and the work succeeds', async () => {
    const { tools, log } = makeStepTools();
    const undo = {
      cleanUp: () => {
        throw new Error('stuck');
      },
    };
    const result = await runSteps(tools, (step) => step('one', () => Promise.resolve('good'), undo));
    expect([result, log]).toEqual(['good', ['warned: left behind: one: stuck']]);
  });

  test('Undos run after a stop', async () => {
    const { tools, log, stop } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('one', () => Promise.resolve(), { cleanUp: () => log.push('undo one') });
        stop.abort(new CancelledError('stopped by SIGTERM'));
        await step('two', () => Promise.resolve(log.push('did two')));
      }),
    );
    expect(log).toEqual(['undo one']);
    expect(error).toMatchObject({ kind: 'cancelled', first: { message: 'stopped by SIGTERM' } });
  });

  test('Undos run after an unexpected error, which is thrown unchanged', async () => {
    const { tools, log } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, async (step) => {
        await step('one', () => Promise.resolve(), { cleanUp: () => log.push('undo one') });
        await step('two', () => Promise.reject(new TypeError('x is not a function')));
      }),
    );
    expect(log).toEqual(['undo one']);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(StepFailedError);
  });
});

describe('a failed step', () => {
  test('A StepFailedError has the kind of its cause', async () => {
    const { tools } = makeStepTools();
    const error = await failureOf(
      runSteps(tools, (step) => step('choose', () => Promise.reject(new InputError(['x'])))),
    );
    expect(error).toMatchObject({ kind: 'input', message: 'choose: x' });
  });

  test('A failure in nested steps names the inner step and lists the leftovers of both', async () => {
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

  test('A failure between two steps fails the work', async () => {
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

test('Steps and undos are reported with their seconds', async () => {
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
