import type { ResultLog } from '../model/result/program-result-common.ts';
import { describeBytes, describeDuration } from '../model/text/quantities.ts';
import { renderTable } from './execute/render-table.ts';

/**
 * Renders the images that a command made or found, one for each cloud, and the total time. Empty for a command without
 * images.
 */
export function renderClosingTable({ imageId, imageBytes, images }: ResultLog, milliseconds: number): string {
  const built = imageId === undefined ? [] : [['the build cloud', imageId, 'built', sizeOf(imageBytes), '']];
  const copies = (images ?? []).map((copy) => {
    const took = `${copy.seconds.toFixed(1)} s`;
    if (copy.outcome === 'failed') return [copy.cloud, '-', 'failed', '-', took];
    return [copy.cloud, copy.imageId, copy.outcome, sizeOf(copy.bytes), took];
  });
  const rows = [...built, ...copies];
  if (rows.length === 0) return '';
  return `\n${renderTable(['cloud', 'image', 'outcome', 'size', 'took'], rows)}total: ${describeDuration(milliseconds)}\n`;
}

function sizeOf(bytes: number | undefined): string {
  return bytes === undefined ? '-' : describeBytes(bytes);
}
