import { parseArgs } from 'node:util';
import { type FanoutRow, measureFanout } from './fanout.ts';
import { type HookRow, measureHooks } from './hooks.ts';
import { measureLab } from './lab.ts';
import { FANOUT_HEADING, HOOKS_HEADING, renderFanoutRow, renderHookRow } from './render.ts';

const HELP = `npm run bench [-- OPTIONS]

Measures the hooks of the charm, and copies of one image to many clouds with our program and with the Python program's
method.

  --only PART   hooks or fanout (default: all parts)
  --json        prints one object with the measured parts:
                {"hooks": [{what, relations, seconds, toolSeconds, toolCalls, peakRssMiB}],
                 "fanout": [{clouds, sizeMiB, linkMBps, seconds, baselineSeconds, boundSeconds, peakRssMiB,
                             diskWrittenBytes, baselineDiskWrittenBytes}],
                 "lab": [the same, against the lab's Glances]}
  --size MiB    the size of the image (default: 1024); the last row has four times as much
  --link MB/s   the rate of each link (default: 60)
  --lab         also copies between the lab's Glances; needs root and a running lab
  --help        prints this text

A row of hooks is the median of several runs of update-status on a unit that has nothing to do. The first row is bare
Node. The row of Python's ops is left out if python3 cannot import ops.
`;

const PARTS = ['hooks', 'fanout'] as const;

type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    lab: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    only: { type: 'string' },
    size: { type: 'string', default: '1024' },
    link: { type: 'string', default: '60' },
  },
});

interface Results {
  hooks?: readonly HookRow[];
  fanout?: readonly FanoutRow[];
  lab?: readonly FanoutRow[];
}

/** Returns the parts to measure; undefined when `--only` names none. */
function readParts(only: string | undefined): readonly Part[] | undefined {
  if (only === undefined) return PARTS;
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
  for (const [clouds, sizeMiB] of plan) fanout.push(show(await measureFanout(clouds, sizeMiB, link)));
  const lab = values.lab ? [show(await measureLab(size))] : [];
  return { fanout, lab };
}

async function run(parts: readonly Part[]): Promise<void> {
  const results: Results = {};
  if (parts.includes('hooks')) results.hooks = await runHooks();
  if (parts.includes('fanout')) Object.assign(results, await runFanout());
  if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
}

const parts = readParts(values.only);
if (values.help) process.stdout.write(HELP);
else if (parts !== undefined) await run(parts);
else {
  process.stderr.write(`--only: expected ${PARTS.join(' or ')}, got ${values.only ?? 'nothing'}\n`);
  process.exitCode = 2;
}
