import type { GuestPart } from '../../../guest/guest-part.ts';

type OrderedPart = Pick<GuestPart, 'name' | 'after'>;

/** The parts to install and the function that installs one of them. */
interface PartRun<P extends OrderedPart> {
  readonly parts: readonly P[];
  /** The largest number of parts that are installed at the same time. */
  readonly limit: number;
  /** Installs a part. It must end soon after its signal is aborted. */
  readonly install: (part: P, signal: AbortSignal) => Promise<void>;
}

/**
 * Installs each part as soon as the parts that it follows are installed, the first of the list first. After a failure no
 * other part starts, and the running ones are aborted. Throws the first failure when all of them have ended.
 */
export async function runParts<P extends OrderedPart>(run: PartRun<P>, outer: AbortSignal): Promise<void> {
  const { parts, limit, install } = run;
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const waiting = new Set(parts);
  const running = new Map<P, Promise<void>>();
  const start = async (part: P): Promise<void> => {
    await install(part, signal);
    running.delete(part);
  };
  try {
    while (waiting.size + running.size > 0) {
      for (const part of listReady(waiting, running.keys()).slice(0, limit - running.size)) {
        waiting.delete(part);
        running.set(part, start(part));
      }
      if (running.size === 0) throw new Error(`the parts wait for each other: ${describe(waiting)}`);
      await Promise.race(running.values());
    }
  } catch (error) {
    stop.abort(new Error('another part failed'));
    throw error;
  } finally {
    await Promise.allSettled(running.values());
  }
}

/** Returns the waiting parts whose predecessors are neither waiting nor running. */
function listReady<P extends OrderedPart>(waiting: ReadonlySet<P>, running: Iterable<P>): readonly P[] {
  const missing = new Set([...waiting, ...running].map(({ name }) => name));
  return [...waiting].filter(({ after = [] }) => !after.some((name) => missing.has(name)));
}

function describe(parts: Iterable<OrderedPart>): string {
  return [...parts].map(({ name }) => name).join(', ');
}
