import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContractCase, Exchange } from './contract.ts';
import { callOf } from './shapes.ts';
import { type Bench, type SharedConnections, listLeftImages, newRunName, openCase } from './case-context.ts';

/** The observations of one run of the suite. */
export interface ContractRun {
  readonly exchanges: readonly Exchange[];
  /** The routes and statuses of each case, in order of their first appearance. */
  readonly calls: Readonly<Record<string, string>>;
}

export const titleOf = ({ verb, outcome }: ContractCase): string => `${verb}: ${outcome}`;

/** Registers one test for each case, then the tests of `judge` about the whole run. */
export function runContract(
  cases: readonly ContractCase[],
  openBench: () => Promise<Bench>,
  judge: (run: () => ContractRun) => void,
): void {
  const prefix = newRunName();
  const calls: Record<string, string> = {};
  const shared: SharedConnections = new Map();
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(async () => {
    for (const connection of shared.values()) await (await connection).close();
    await bench.close();
  });

  describe('the OpenStack contract', () => {
    for (const [index, one] of cases.entries()) {
      const run = async (): Promise<void> => {
        const from = bench.exchanges.length;
        const { context, end } = openCase(bench, shared, `${prefix}${index}-`);
        try {
          await one.run(context);
        } finally {
          calls[titleOf(one)] = describeCalls(bench.exchanges.slice(from));
          await end();
        }
      };
      test(titleOf(one), run, (one.seconds ?? 60) * 1000);
    }
    test('the suite leaves no image', async () => {
      expect(await listLeftImages(bench, prefix)).toEqual([]);
    });
  });

  describe('the record of the OpenStack contract', () => {
    judge(() => ({ exchanges: bench.exchanges, calls }));
  });
}

/** Lists the calls of a case. The login is part of every case and listed only when it is the only call. */
function describeCalls(exchanges: readonly Exchange[]): string {
  const calls = [...new Set(exchanges.map(callOf))];
  const others = calls.filter((call) => call !== 'POST /identity/v3/auth/tokens 201');
  return (others.length === 0 ? calls : others).join(', ');
}
