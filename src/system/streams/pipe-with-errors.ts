import type { Readable, Writable } from 'node:stream';

/**
 * Pipes `source` into `sink`. When the source fails, destroys the sink with the error that `explain` returns. When the
 * sink closes, destroys the source.
 */
export function pipeWithErrors(source: Readable, sink: Writable, explain: (cause: unknown) => Error): void {
  sink.on('error', () => undefined); // the reader of the sink gets the error
  source.on('error', (cause) => {
    sink.destroy(explain(cause));
  });
  sink.on('close', () => {
    source.destroy();
  });
  source.pipe(sink);
}
