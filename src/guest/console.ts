import { consoleMarker } from './user-data.ts';

/** A part that did not come in at first boot, as the guest told its console. */
export interface GuestFailure {
  readonly part: string;
  readonly exitCode: number;
  /** The end of the part's output. */
  readonly lastLines: readonly string[];
}

/** What follows the first marker of each line: a part's output may contain whatever it likes after that. */
function listMessages(console: string, buildId: string): readonly string[] {
  const marker = consoleMarker(buildId);
  return console
    .split(/\r*\n/)
    .filter((line) => line.includes(marker))
    .map((line) => line.slice(line.indexOf(marker) + marker.length).trimEnd());
}

/** The host keys' fingerprints that this build's server told its console, as OpenSSH writes them, each once. */
export function findHostKeyFingerprints(console: string, buildId: string): readonly string[] {
  const digests = listMessages(console, buildId).flatMap(
    (message) => /^host-key \S+ ([0-9a-f]{64})(?![0-9a-f])/.exec(message)?.[1] ?? [],
  );
  return [...new Set(digests)].map(
    (digest) => `SHA256:${Buffer.from(digest, 'hex').toString('base64').replaceAll('=', '')}`,
  );
}

/** The part of which this build's server told its console that it failed; `undefined` when it told nothing so. */
export function findGuestFailure(console: string, buildId: string): GuestFailure | undefined {
  const lastLines: string[] = [];
  for (const message of listMessages(console, buildId)) {
    if (message.startsWith('log ')) lastLines.push(message.slice('log '.length));
    const [, part, exitCode] = /^failed (\S+) (\d+)(?!\S)/.exec(message) ?? [];
    if (part !== undefined) return { part, exitCode: Number(exitCode), lastLines };
  }
  return undefined;
}
