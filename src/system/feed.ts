import type { Readable, Writable } from 'node:stream';

/**
 * Pipes `source` into `sink`. When the source fails, the sink fails with what `explain` makes of it; when the sink is
 * gone, the source is closed.
 */
export function feed(source: Readable, sink: Writable, explain: (cause: unknown) => Error): void {
  sink.on('error', () => undefined); // whoever reads the sink hears of it
  source.on('error', (cause) => {
    sink.destroy(explain(cause));
  });
  sink.on('close', () => {
    source.destroy();
  });
  source.pipe(sink);
}
