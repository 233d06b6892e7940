import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Machine, openMachine } from '../tests/support/juju/machine/machine.ts';
import type { UnitAgent } from '../tests/support/juju/unit-agent.ts';
import { type Metered, meterCharm, meterProgram, readMeter } from './meter.ts';
import { canImportOps, packOpsCharm } from './ops-charm.ts';
import { deployOurCharm, packOurCharm } from './our-charm.ts';

/** One row of the benchmark: the median of several runs. */
export interface HookRow {
  readonly what: string;
  readonly relations: number;
  /** From the start of the hook's process to its end. */
  readonly seconds: number;
  /** The part of `seconds` that was spent inside hook tools. */
  readonly toolSeconds: number;
  readonly toolCalls: number;
  readonly peakRssMiB: number;
}

type Show = (row: HookRow) => void;
type Cost = Omit<HookRow, 'what' | 'relations'>;

const RUNS = 15;
/** The approximate time of one call of Juju's own hook tools. */
const TOOL_MS = 40;
const SLOW_TOOLS_RELATIONS = 30;

/** Measures bare Node, a hook of our charm with nothing to do, and a hook of the smallest charm on Python's `ops`. */
export async function measureHooks(show: Show): Promise<readonly HookRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-hooks-'));
  const rows: HookRow[] = [];
  const add: Show = (row) => {
    rows.push(row);
    show(row);
  };
  try {
    add({ what: 'node -e 0', relations: 0, ...(await measureNode(folder)) });
    const charm = await packOurCharm(folder);
    for (const relations of [1, 30, 100]) await measureOurs(charm, relations, add);
    if (canImportOps()) await measureOps(await packOpsCharm(folder), add);
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureNode(folder: string): Promise<Cost> {
  const runs: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    const metered = await meterProgram([process.execPath, '-e', '0'], join(folder, 'meter'));
    runs.push({ ...metered, toolSeconds: 0, toolCalls: 0 });
  }
  return medianOf(runs);
}

async function measureOurs(charm: string, relations: number, add: Show): Promise<void> {
  await onMachine(charm, async (machine, agent, measure) => {
    await deployOurCharm(machine, agent, relations);
    add({ what: 'our update-status', relations, ...(await measure(RUNS)) });
    if (relations !== SLOW_TOOLS_RELATIONS) return;
    machine.toolPace.toolMs = TOOL_MS;
    add({ what: `our update-status, ${TOOL_MS} ms per tool`, relations, ...(await measure(3)) });
  });
}

async function measureOps(charm: string, add: Show): Promise<void> {
  await onMachine(charm, async (_, agent, measure) => {
    await agent.deploy();
    add({
      what: "update-status of the smallest charm on Python's ops",
      relations: 0,
      ...(await measure(RUNS)),
    });
  });
}

type Measure = (runs: number) => Promise<Cost>;

/** Adds a unit of `charm` to a new machine and calls `work` with a function that measures its update-status hook. */
async function onMachine(
  charm: string,
  work: (machine: Machine, agent: UnitAgent, measure: Measure) => Promise<void>,
): Promise<void> {
  const machine = await openMachine();
  try {
    const agent = await machine.addUnit({ charm, application: 'images' });
    const result = join(machine.root, 'meter');
    await meterCharm(agent.charmDir, result);
    await work(machine, agent, async (count) => {
      const runs: Cost[] = [];
      for (let run = 0; run < count; run++) runs.push(await measureUpdateStatus(machine, agent, result));
      return medianOf(runs);
    });
  } finally {
    await machine.close();
  }
}

async function measureUpdateStatus(machine: Machine, agent: UnitAgent, result: string): Promise<Cost> {
  const [toolMs, calls] = [machine.toolPace.spentMs, agent.model.toolCalls.length];
  await agent.updateStatus();
  const metered: Metered = await readMeter(result);
  if (agent.status.status !== 'active') {
    throw new Error(`expected a unit that is active, got ${agent.status.status}: ${agent.status.message}`);
  }
  return {
    ...metered,
    toolSeconds: (machine.toolPace.spentMs - toolMs) / 1000,
    toolCalls: agent.model.toolCalls.length - calls,
  };
}

/** Returns the run with the median time outside of hook tools. */
function medianOf(runs: readonly Cost[]): Cost {
  const ownSeconds = ({ seconds, toolSeconds }: Cost): number => seconds - toolSeconds;
  const median = [...runs].sort((a, b) => ownSeconds(a) - ownSeconds(b))[Math.floor(runs.length / 2)];
  if (median === undefined) throw new Error('expected at least one run');
  return median;
}
