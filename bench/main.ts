import { parseArgs } from 'node:util';
import { type FanoutRow, measureFanout } from './fanout.ts';
import { measureLab } from './lab.ts';

const HELP = `npm run bench [-- OPTIONS]: one image to many clouds, our way and the Python program's, in one run
  --json        one object: {"fanout": [{clouds, sizeMiB, linkMBps, seconds, baselineSeconds, boundSeconds,
                peakRssMiB, diskWrittenBytes, …}], "lab": [the same, against the lab's Glances]}
  --size MiB    instead of 1024 (the last row has four times as much)
  --link MB/s   the rate of each link, instead of 60
  --lab         also against the lab's Glances (root; the lab must be up)
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    lab: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    size: { type: 'string', default: '1024' },
    link: { type: 'string', default: '60' },
  },
});

const COLUMNS =
  'clouds   MiB  MB/s  seconds  bound  /bound  baseline  speed-up  peak RSS MiB  bytes on disk (baseline)';

function renderRow(row: FanoutRow): string {
  const bound =
    row.boundSeconds === null
      ? ['-', '-']
      : [row.boundSeconds.toFixed(1), (row.seconds / row.boundSeconds).toFixed(2)];
  const cells: readonly (readonly [string, number])[] = [
    [String(row.clouds), 6],
    [String(row.sizeMiB), 6],
    [row.linkMBps === null ? '-' : String(row.linkMBps), 6],
    [row.seconds.toFixed(1), 9],
    [bound[0] ?? '', 7],
    [bound[1] ?? '', 8],
    [row.baselineSeconds.toFixed(1), 10],
    [`${(row.baselineSeconds / row.seconds).toFixed(2)}×`, 10],
    [row.peakRssMiB.toFixed(0), 14],
    [`${row.diskWrittenBytes} (${row.baselineDiskWrittenBytes})`, 26],
  ];
  return cells.map(([text, width]) => text.padStart(width)).join('');
}

async function run(): Promise<void> {
  const [size, link] = [Number(values.size), Number(values.link)];
  const show = (row: FanoutRow): FanoutRow => {
    if (!values.json) process.stdout.write(`${renderRow(row)}\n`);
    return row;
  };
  if (!values.json) process.stdout.write(`${COLUMNS}\n`);
  const plan: readonly (readonly [number, number])[] = [
    [1, size],
    [2, size],
    [3, size],
    [1, size * 4],
  ];
  const fanout: FanoutRow[] = [];
  for (const [clouds, sizeMiB] of plan) fanout.push(show(await measureFanout(clouds, sizeMiB, link)));
  const lab = values.lab ? [show(await measureLab(size))] : [];
  if (values.json) process.stdout.write(`${JSON.stringify({ fanout, lab })}\n`);
}

if (values.help) process.stdout.write(HELP);
else await run();
