import type { FanoutRow } from './fanout.ts';
import type { HookRow } from './hooks.ts';

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
  'clouds   MiB  MB/s  seconds  bound  /bound  baseline  speed-up  peak RSS MiB  bytes on disk (baseline)';

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
    [`${(row.baselineSeconds / row.seconds).toFixed(2)}×`, 10],
    [row.peakRssMiB.toFixed(0), 14],
    [`${row.diskWrittenBytes} (${row.baselineDiskWrittenBytes})`, 26],
  ]);
}

function alignRight(cells: readonly (readonly [string, number])[]): string {
  return cells.map(([text, width]) => text.padStart(width)).join('');
}
