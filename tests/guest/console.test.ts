import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { findHostKeyFingerprints } from '../../src/guest/console.ts';

const MARKER = 'github-runner-image-builder b-1';
const digest = createHash('sha256').update('key').digest('hex');
const fingerprint = `SHA256:${createHash('sha256').update('key').digest('base64').replace('=', '')}`;
const consoleOf = (...lines: string[]): string => ['[    0.0] Linux', ...lines, 'login: '].join('\r\n');

describe('host key fingerprints on the console', () => {
  test('Fingerprints are found between kernel messages and CR LF line ends, each once', () => {
    const line = `${MARKER} host-key ssh-ed25519 ${digest}`;
    const console = consoleOf(
      '',
      line,
      `[   12.5] random: crng init done${line}`,
      `${line}[   13.1] bridge`,
      `${line}\r`,
    );
    expect(findHostKeyFingerprints(console, 'b-1')).toEqual([fingerprint]);
  });

  test.each([
    ['from another build', `github-runner-image-builder b-12 host-key ssh-ed25519 ${digest}`],
    ['from a build with a longer name', `github-runner-image-builder x b-1 host-key ssh-ed25519 ${digest}`],
    ['truncated at its end', `${MARKER} host-key ssh-ed25519 ${digest.slice(0, 60)}`],
    ['too long', `${MARKER} host-key ssh-ed25519 ${digest}0`],
    ['part of the log of a part', `${MARKER} log ${MARKER} host-key ssh-ed25519 ${digest}`],
    ['truncated at its start', `runner-image-builder b-1 host-key ssh-ed25519 ${digest}`],
  ])('A fingerprint does not count when its line is %s', (_, line) => {
    expect(findHostKeyFingerprints(consoleOf(line), 'b-1')).toEqual([]);
  });
});
