import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '../support/manual-clock.ts';
import { openMachine } from '../support/juju/machine/machine.ts';
import { ToolPace } from '../support/juju/tools/tool-pace.ts';
import { useMachine } from './shell-charm.ts';

const shell = useMachine();

/** Makes concurrent calls on a manual clock and returns the time of each answer. */
async function answerTimes(pace: ToolPace, clock: ManualClock, elapsed: readonly number[]) {
  const begun = clock.now();
  const answered = Promise.all(
    elapsed.map((ms) => pace.run(ms, () => 'an answer').then(() => clock.now() - begun)),
  );
  await clock.advance(60_000);
  return answered;
}

describe('ToolPace', () => {
  test('Concurrent hook tool calls of 40 ms are answered one after another', async () => {
    const clock = new ManualClock();
    const pace = new ToolPace(40, clock);
    expect(await answerTimes(pace, clock, [0, 0, 0])).toEqual([40, 80, 120]);
    expect(pace.spentMs).toBe(120);
  });

  test('The minimum duration of a hook tool call counts from the start of its process', async () => {
    const clock = new ManualClock();
    const pace = new ToolPace(40, clock);
    expect(await answerTimes(pace, clock, [15])).toEqual([25]);
    expect(await answerTimes(pace, clock, [55])).toEqual([0]);
    expect(pace.spentMs).toBe(40 + 55);
  });

  test('A hook with 30 relations spends less than four seconds in hook tools of 40 ms', async () => {
    const clock = new ManualClock();
    const pace = new ToolPace(40, clock);
    const times = await answerTimes(pace, clock, Array<number>(6 + 3 * 30).fill(0));
    expect(times.at(-1)).toBe(3840);
  });

  test('A hook tool call that waits for its input takes no time', async () => {
    const pace = new ToolPace(40, new ManualClock());
    expect(await pace.run(5, () => 'stdin required')).toBe('stdin required');
    expect(pace.spentMs).toBe(0);
  });
});

describe('Machine.toolPace', () => {
  test('The machine adds up the durations of hook tool calls from the start of their processes', async () => {
    const agent = await shell.add();
    await agent.deploy();
    expect(shell.machine.toolPace.spentMs).toBe(0);
    await agent.execute('is-leader; is-leader');
    expect(shell.machine.toolPace.spentMs).toBeGreaterThan(0);
  });

  test('The machine applies the minimum duration with which it was opened', async () => {
    const machine = await openMachine({ toolMs: 40 });
    try {
      const agent = await machine.addUnit({ charm: await shell.pack({}), application: 'app' });
      await agent.deploy();
      await agent.execute('is-leader; relation-ids image | cat; echo "text: x" | relation-ids image');
      expect(machine.toolPace.spentMs).toBeGreaterThanOrEqual(3 * 40);
    } finally {
      await machine.close();
    }
  });
});
