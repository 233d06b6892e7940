import { parseArgs } from 'node:util';
import { type FanoutRow, measureFanout } from './fanout.ts';
import { type HookRow, measureHooks } from './hooks.ts';
import { type IsolationRow, measureIsolation } from './isolation.ts';
import { measureLab, measureMatrix } from './lab.ts';
import { type LayersRow, measureLayers } from './layers.ts';
import type { MatrixRow } from './matrix.ts';
import { type PlanRow, measurePlans } from './plan.ts';
import {
  FANOUT_HEADING,
  HOOKS_HEADING,
  ISOLATION_HEADING,
  LAYERS_HEADING,
  MATRIX_HEADING,
  PLAN_HEADING,
  renderFanoutRow,
  renderHookRow,
  renderIsolationRow,
  renderLayersRow,
  renderMatrixRows,
  renderPlanRow,
} from './render.ts';

const HELP = `npm run bench [-- OPTIONS]

Measures the hooks of the charm, and copies of one image to many clouds with our program and with the Python program's
method. Computes by the plan what layers save. Measures plans of 200 images in 10 clouds, and how much later a consumer
gets its first image beside a bad cloud.

  --only PART   hooks, fanout, copies, layers, matrix, plan or isolation (default: all parts but copies and matrix)
  --json        prints one object with the measured parts:
                {"hooks": [{what, relations, seconds, toolSeconds, toolCalls, peakRssMiB}],
                 "fanout": [{clouds, sizeMiB, linkMBps, seconds, baselineSeconds, boundSeconds, peakRssMiB,
                             diskWrittenBytes, baselineDiskWrittenBytes}],
                 "copies": [the same, for small and large images, with the medians of --pairs],
                 "lab": [the same, against the lab's Glances],
                 "layers": [{what, common, microk8s, juju, rest, alone: {serverSeconds, wallSeconds, layers},
                             layered, measured}],
                 "matrix": [{scale, alone: {servers, serverSeconds, wallSeconds, load}, layered}],
                 "isolation": [{beside, pairs, aloneSeconds, besideSeconds, ratio}],
                 "plan": [{what, images, clouds, entries, seconds, baselineSeconds}]}
  --size MiB    the size of the image (default: 1024); the last row has four times as much
  --link MB/s   the rate of each link (default: 60)
  --pairs N     the number of measurements of each row of fanout, copies, lab and isolation, in turn with those that they
                are compared with; the row has the medians of the times and of their ratio (default: 1)
  --lab         also copies between the lab's Glances, to one cloud and to two; needs root and a running lab
  --scale N     divides the durations of the parts of matrix (default: 20; at least 2)
  --help        prints this text

A row of hooks is the median of several runs of update-status on a unit that has nothing to do. The first row is bare
Node. The row of Python's ops is left out if python3 cannot import ops.

The part matrix builds what layers simulates on the lab, first each image alone and then with layers. It needs root and a
running lab, and takes 10 minutes by default.

A row of plan is the median of 15 plans of one state. The baseline encodes what was observed as JSON and decodes it.
`;

const PARTS = ['hooks', 'fanout', 'layers', 'plan', 'isolation', 'copies', 'matrix'] as const;

type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    lab: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    only: { type: 'string' },
    size: { type: 'string', default: '1024' },
    link: { type: 'string', default: '60' },
    pairs: { type: 'string', default: '1' },
    scale: { type: 'string', default: '20' },
  },
});

interface Results {
  hooks?: readonly HookRow[];
  fanout?: readonly FanoutRow[];
  copies?: readonly FanoutRow[];
  lab?: readonly FanoutRow[];
  layers?: readonly LayersRow[];
  matrix?: readonly MatrixRow[];
  isolation?: readonly IsolationRow[];
  plan?: readonly PlanRow[];
}

/** Returns the parts to measure; undefined when `--only` names none. */
function readParts(only: string | undefined): readonly Part[] | undefined {
  if (only === undefined) return PARTS.filter((part) => part !== 'copies' && part !== 'matrix');
  const part = PARTS.find((each) => each === only);
  return part === undefined ? undefined : [part];
}

function print(text: string): void {
  if (!values.json) process.stdout.write(`${text}\n`);
}

async function runHooks(): Promise<readonly HookRow[]> {
  print(HOOKS_HEADING);
  let bare: HookRow | undefined;
  return measureHooks((row) => {
    bare ??= row;
    print(renderHookRow(row, bare));
  });
}

async function runFanout(): Promise<Pick<Results, 'fanout' | 'lab'>> {
  const [size, link] = [Number(values.size), Number(values.link)];
  const show = (row: FanoutRow): FanoutRow => {
    print(renderFanoutRow(row));
    return row;
  };
  print(FANOUT_HEADING);
  const plan: readonly (readonly [number, number])[] = [
    [1, size],
    [2, size],
    [3, size],
    [1, size * 4],
  ];
  const fanout: FanoutRow[] = [];
  for (const [clouds, sizeMiB] of plan) {
    fanout.push(show(await takeMedians(() => measureFanout(clouds, sizeMiB, link))));
  }
  const lab: FanoutRow[] = [];
  for (const destinations of values.lab ? [['consumer'], ['consumer', 'neighbour']] : []) {
    lab.push(show(await takeMedians(() => measureLab(size, destinations))));
  }
  return { fanout, lab };
}

/** The images and the numbers of clouds of the part `copies`. */
const COPIES: readonly (readonly [number, number])[] = [64, 1024, 4096].flatMap((sizeMiB) => [
  [1, sizeMiB] as const,
  [3, sizeMiB] as const,
]);

/** Measures copies of small and large images. Takes hours on links of 60 MB/s with 7 pairs. */
async function runCopies(): Promise<readonly FanoutRow[]> {
  print(FANOUT_HEADING);
  const rows: FanoutRow[] = [];
  for (const [clouds, sizeMiB] of COPIES) {
    const row = await takeMedians(() => measureFanout(clouds, sizeMiB, Number(values.link)));
    print(renderFanoutRow(row));
    rows.push(row);
  }
  return rows;
}

function runLayers(): readonly LayersRow[] {
  print(LAYERS_HEADING);
  const rows = measureLayers();
  for (const row of rows) print(renderLayersRow(row));
  return rows;
}

async function runMatrix(): Promise<readonly MatrixRow[]> {
  const scale = Number(values.scale);
  if (!(scale >= 2)) throw new Error(`--scale: expected a number of at least 2, got ${values.scale}`);
  print(MATRIX_HEADING);
  const row = await measureMatrix(scale);
  print(renderMatrixRows(row));
  return [row];
}

function runPlans(): readonly PlanRow[] {
  print(PLAN_HEADING);
  return measurePlans((row) => print(renderPlanRow(row)));
}

/** Measures `--pairs` times and returns a row with the medians of the times and the maximum of the memory. */
async function takeMedians(measure: () => Promise<FanoutRow>): Promise<FanoutRow> {
  const first = await measure();
  const rows = [first];
  while (rows.length < Number(values.pairs)) rows.push(await measure());
  const median = (read: (row: FanoutRow) => number): number =>
    rows.map(read).sort((a, b) => a - b)[rows.length >> 1] ?? 0;
  return {
    ...first,
    seconds: median((row) => row.seconds),
    baselineSeconds: median((row) => row.baselineSeconds),
    ratio: median((row) => row.ratio),
    peakRssMiB: Math.max(...rows.map((row) => row.peakRssMiB)),
  };
}

async function run(parts: readonly Part[]): Promise<void> {
  const results: Results = {};
  if (parts.includes('hooks')) results.hooks = await runHooks();
  if (parts.includes('fanout')) Object.assign(results, await runFanout());
  if (parts.includes('copies')) results.copies = await runCopies();
  if (parts.includes('layers')) results.layers = runLayers();
  if (parts.includes('matrix')) results.matrix = await runMatrix();
  if (parts.includes('plan')) results.plan = runPlans();
  if (parts.includes('isolation')) {
    print(ISOLATION_HEADING);
    results.isolation = await measureIsolation(Number(values.pairs), (row) => {
      print(renderIsolationRow(row));
    });
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
}

const parts = readParts(values.only);
if (values.help) process.stdout.write(HELP);
else if (parts !== undefined) await run(parts);
else {
  process.stderr.write(`--only: expected ${PARTS.join(' or ')}, got ${values.only ?? 'nothing'}\n`);
  process.exitCode = 2;
}
