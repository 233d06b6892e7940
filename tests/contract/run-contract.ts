import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContractCase, Exchange } from './contract.ts';
import { callOf } from './shapes.ts';
import { type Bench, type SharedConnections, listLeftImages, newRunName, openWorld } from './world.ts';

/** What a run of the suite has shown. */
export interface ContractRun {
  readonly exchanges: readonly Exchange[];
  /** The routes and statuses of each case, in order of their first appearance. */
  readonly calls: Readonly<Record<string, string>>;
}

export const titleOf = ({ verb, outcome }: ContractCase): string => `${verb}: ${outcome}`;

/** One test for each case, and then `judge`'s tests about all of them. */
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

  describe('the contract', () => {
    for (const [index, one] of cases.entries()) {
      const run = async (): Promise<void> => {
        const from = bench.exchanges.length;
        const { world, end } = openWorld(bench, shared, `${prefix}${index}-`);
        try {
          await one.run(world);
        } finally {
          calls[titleOf(one)] = describeCalls(bench.exchanges.slice(from));
          await end();
        }
      };
      test(titleOf(one), run, (one.seconds ?? 60) * 1000);
    }
    test('leaves no image', async () => {
      expect(await listLeftImages(bench, prefix)).toEqual([]);
    });
  });

  describe('what the contract showed', () => {
    judge(() => ({ exchanges: bench.exchanges, calls }));
  });
}

/** Logging in is part of every case; it is told only where nothing else is. */
function describeCalls(exchanges: readonly Exchange[]): string {
  const calls = [...new Set(exchanges.map(callOf))];
  const others = calls.filter((call) => call !== 'POST /identity/v3/auth/tokens 201');
  return (others.length === 0 ? calls : others).join(', ');
}
