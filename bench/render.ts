import type { FanoutRow } from './fanout.ts';
import type { HookRow } from './hooks.ts';
import type { IsolationRow } from './isolation.ts';
import type { LayersRow, SimulatedRun } from './layers.ts';
import type { MatrixRow, MatrixRun } from './matrix.ts';
import type { PlanRow } from './plan.ts';

export const HOOKS_HEADING =
  'hook                                                 relations   ms in all  in tools  tools  own ms  × node  peak RSS MiB';

/** Renders one line of the table of hooks; `bare` is the row of bare Node. */
export function renderHookRow(row: HookRow, bare: HookRow): string {
  const own = row.seconds - row.toolSeconds;
  const cells: readonly (readonly [string, number])[] = [
    [String(row.relations), 10],
    [(row.seconds * 1000).toFixed(0), 12],
    [(row.toolSeconds * 1000).toFixed(0), 10],
    [String(row.toolCalls), 7],
    [(own * 1000).toFixed(0), 8],
    [(own / bare.seconds).toFixed(2), 8],
    [row.peakRssMiB.toFixed(0), 14],
  ];
  return row.what.padEnd(52) + alignRight(cells);
}

export const FANOUT_HEADING =
  'clouds   MiB  MB/s  seconds  bound  /bound  baseline   / base  peak RSS MiB  bytes on disk (baseline)';

/** Renders one line of the table of copies. */
export function renderFanoutRow(row: FanoutRow): string {
  const bound =
    row.boundSeconds === null
      ? ['-', '-']
      : [row.boundSeconds.toFixed(1), (row.seconds / row.boundSeconds).toFixed(2)];
  return alignRight([
    [String(row.clouds), 6],
    [String(row.sizeMiB), 6],
    [row.linkMBps === null ? '-' : String(row.linkMBps), 6],
    [row.seconds.toFixed(1), 9],
    [bound[0] ?? '', 7],
    [bound[1] ?? '', 8],
    [row.baselineSeconds.toFixed(1), 10],
    [row.ratio.toFixed(2), 9],
    [row.peakRssMiB.toFixed(0), 14],
    [`${row.diskWrittenBytes} (${row.baselineDiskWrittenBytes})`, 26],
  ]);
}

export const LAYERS_HEADING = [
  'two bases, two Juju and two MicroK8s channels each, two parallel builds, seconds by the clock of a simulation',
  'scale                           rest   alone: servers   wall   all layers   wall   those that save time   wall',
].join('\n');

/** Renders one line of the table of layers, with the shares of the time without layers. */
export function renderLayersRow({ what, rest, alone, layered, measured }: LayersRow): string {
  const share = (run: SimulatedRun, key: 'serverSeconds' | 'wallSeconds'): string =>
    `${run[key].toFixed(0)} (${(run[key] / alone[key]).toFixed(2)})`;
  return (
    what.padEnd(30) +
    alignRight([
      [rest.toFixed(1), 6],
      [alone.serverSeconds.toFixed(0), 17],
      [alone.wallSeconds.toFixed(0), 7],
      [share(layered, 'serverSeconds'), 13],
      [share(layered, 'wallSeconds'), 13],
      [share(measured, 'serverSeconds'), 17],
      [share(measured, 'wallSeconds'), 13],
    ])
  );
}

export const MATRIX_HEADING =
  'eight images on the lab, two parallel builds   servers   server s   share   wall s   share   load';

/** Renders the two lines of a scale, with the shares of the time without layers. */
export function renderMatrixRows({ scale, alone, layered }: MatrixRow): string {
  const render = (what: string, run: MatrixRun): string =>
    `parts at 1:${scale}, ${what}`.padEnd(45) +
    alignRight([
      [String(run.servers), 9],
      [run.serverSeconds.toFixed(0), 11],
      [(run.serverSeconds / alone.serverSeconds).toFixed(2), 8],
      [run.wallSeconds.toFixed(0), 9],
      [(run.wallSeconds / alone.wallSeconds).toFixed(2), 8],
      [run.load.toFixed(1), 7],
    ]);
  return `${render('each alone', alone)}\n${render('with layers', layered)}`;
}

export const ISOLATION_HEADING =
  'first image of a consumer beside a cloud that   pairs   alone s   beside s   ratio (at most 1.3)';

/** Renders one line of the table of consumers beside bad clouds. */
export function renderIsolationRow({
  beside,
  pairs,
  aloneSeconds,
  besideSeconds,
  ratio,
}: IsolationRow): string {
  return (
    beside.padEnd(45) +
    alignRight([
      [String(pairs), 8],
      [aloneSeconds.toFixed(1), 10],
      [besideSeconds.toFixed(1), 11],
      [ratio.toFixed(2), 8],
    ])
  );
}

export const PLAN_HEADING =
  'plan of                         images  clouds  entries       ms  baseline  × baseline';

/** Renders one line of the table of plans. */
export function renderPlanRow({ what, images, clouds, entries, seconds, baselineSeconds }: PlanRow): string {
  return (
    what.padEnd(30) +
    alignRight([
      [String(images), 8],
      [String(clouds), 8],
      [String(entries), 9],
      [(seconds * 1000).toFixed(1), 9],
      [(baselineSeconds * 1000).toFixed(1), 10],
      [(seconds / baselineSeconds).toFixed(2), 12],
    ])
  );
}

function alignRight(cells: readonly (readonly [string, number])[]): string {
  return cells.map(([text, width]) => text.padStart(width)).join('');
}
