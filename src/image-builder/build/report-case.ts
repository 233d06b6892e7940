import type { Recorder } from '../context.ts';

/**
 * Returns `chosen`, and reports when its name differs from `wanted` by case only. The Python charm changed the names of
 * its options to lower case, so operators may have set names that no cloud has.
 */
export function reportCase<T extends { readonly id: string; readonly name: string }>(
  chosen: T,
  wanted: string,
  step: string,
  { report }: Pick<Recorder, 'report'>,
): T {
  if (wanted !== '' && chosen.id !== wanted && chosen.name !== wanted) {
    report({ kind: 'note', step, text: `nothing has the exact name ${wanted}, so ${chosen.name} is used` });
  }
  return chosen;
}
