import { consoleMarker } from './user-data.ts';

/**
 * Returns the text after the first marker of each line. Only the first marker counts, because other output on the console
 * may contain the marker too.
 */
function listMessages(console: string, buildId: string): readonly string[] {
  const marker = consoleMarker(buildId);
  return console
    .split('\n')
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
