import { execa } from 'execa';
import { describe, expect, test } from '@jest/globals';
import { generateAnswers } from './answers.ts';
import { serveAnswers } from './serve-answers.ts';

/** The number of responses. */
const ANSWERS = Number(process.env['FUZZ_ANSWERS'] ?? 2000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20261126);
/** The limit of the whole process, in MiB. */
const LIMIT_MIB = 256;

// The calls are made in a process of their own with a bounded heap. Without a bound, V8 collects garbage the later the
// more memory the machine has.
const FLAGS = ['--max-old-space-size=96', '--max-semi-space-size=4', '--import', './tools/typescript.js'];
const PROGRAM = 'tests/openstack/fuzz/make-calls.ts';

describe.each([
  { part: 'calls', count: ANSWERS - ANSWERS / 10 },
  { part: 'logins', count: ANSWERS / 10 },
])('generated responses to $part', ({ part, count }) => {
  test('Every call ends with a value or a typed error, in bounded time and memory', async () => {
    const cloud = await serveAnswers(generateAnswers(count, SEED), part === 'logins');
    const { stdout } = await execa(process.execPath, [...FLAGS, PROGRAM, cloud.origin, String(count), part], {
      timeout: 900_000,
      env: { NODE_OPTIONS: '' },
    }).finally(() => cloud.close());
    const { problems, peakMib } = JSON.parse(stdout) as { problems: readonly string[]; peakMib: number };
    process.stderr.write(`generated responses to ${part}: ${count}, peak ${Math.round(peakMib)} MiB\n`);
    expect(problems).toEqual([]);
    expect(peakMib).toBeLessThan(LIMIT_MIB);
  }, 900_000);
});
