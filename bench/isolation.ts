import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCharmFixture } from '../tests/support/charm-fixture.ts';
import { BAD_CLOUDS } from '../tests/support/openstack/bad-cloud.ts';

/** One row of the benchmark: medians of all pairs. */
export interface IsolationRow {
  /** The behaviour of the cloud of the other consumer. */
  readonly beside: string;
  readonly pairs: number;
  readonly aloneSeconds: number;
  readonly besideSeconds: number;
  /** The median of the ratios within the pairs. */
  readonly ratio: number;
}

const SPEED = 40;
const WAIT_S = 600;

/** Measures the first image of a good consumer alone and beside each kind of bad cloud, in turn. */
export async function measureIsolation(
  pairs: number,
  show: (row: IsolationRow) => void,
): Promise<readonly IsolationRow[]> {
  const rows: IsolationRow[] = [];
  for (const beside of Object.keys(BAD_CLOUDS) as (keyof typeof BAD_CLOUDS)[]) {
    const measured: { readonly alone: number; readonly bad: number }[] = [];
    while (measured.length < pairs) {
      measured.push({ alone: await measureFirstImage(), bad: await measureFirstImage(beside) });
    }
    const row = {
      ...{ beside, pairs },
      aloneSeconds: medianOf(measured.map(({ alone }) => alone)),
      besideSeconds: medianOf(measured.map(({ bad }) => bad)),
      ratio: medianOf(measured.map(({ alone, bad }) => bad / alone)),
    };
    rows.push(row);
    show(row);
  }
  return rows;
}

/** Returns the seconds from the relation of a good consumer to its first published image, on a new unit. */
async function measureFirstImage(beside?: keyof typeof BAD_CLOUDS): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-isolation-'));
  const config = { 'base-image': 'noble' };
  const stage = await openCharmFixture({ folder, speed: SPEED, clouds: 3, config });
  try {
    if (beside !== undefined) stage.emulator.cloud('c').faults.add(BAD_CLOUDS[beside]);
    await stage.deploy();
    if (beside !== undefined) await stage.integrate('bad', 'consumer-c');
    const beganAt = performance.now();
    const good = await stage.integrate('good', 'consumer');
    await stage.until('the first image', WAIT_S, () => {
      const images = JSON.parse(good.ourDatabag()['images'] ?? '[]') as readonly unknown[];
      return images.length === 1 || undefined;
    });
    return (performance.now() - beganAt) / 1000;
  } finally {
    await stage.close();
  }
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}
