import { consoleMarker } from './user-data.ts';

/** A part whose installation failed at first boot, as reported on the console. */
export interface GuestFailure {
  readonly part: string;
  readonly exitCode: number;
  /** The last lines of the part's output. */
  readonly lastLines: readonly string[];
}

/**
 * Returns the text after the first marker of each line. Only the first marker counts, because the output of a part may
 * contain the marker too.
 */
function listMessages(console: string, buildId: string): readonly string[] {
  const marker = consoleMarker(buildId);
  return console
    .split(/\r*\n/)
    .filter((line) => line.includes(marker))
    .map((line) => line.slice(line.indexOf(marker) + marker.length).trimEnd());
}

/** Returns the fingerprints of the host keys that the server of this build printed, in OpenSSH format, each once. */
export function findHostKeyFingerprints(console: string, buildId: string): readonly string[] {
  const digests = listMessages(console, buildId).flatMap(
    (message) => /^host-key \S+ ([0-9a-f]{64})(?![0-9a-f])/.exec(message)?.[1] ?? [],
  );
  return [...new Set(digests)].map(
    (digest) => `SHA256:${Buffer.from(digest, 'hex').toString('base64').replaceAll('=', '')}`,
  );
}

/** Returns the part that failed on the server of this build, or undefined when the console reports no failure. */
export function findGuestFailure(console: string, buildId: string): GuestFailure | undefined {
  const lastLines: string[] = [];
  for (const message of listMessages(console, buildId)) {
    if (message.startsWith('log ')) lastLines.push(message.slice('log '.length));
    const [, part, exitCode] = /^failed (\S+) (\d+)(?!\S)/.exec(message) ?? [];
    if (part !== undefined) return { part, exitCode: Number(exitCode), lastLines };
  }
  return undefined;
}
