/**
 * Returns the processor time of `work` in seconds. It bounds work that must be linear: other processes hardly change it,
 * and quadratic work on a million characters takes hours.
 */
export function processorSecondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

/** More than any linear work of a test takes, on a slow machine too. */
export const LINEAR_SECONDS = 60;
