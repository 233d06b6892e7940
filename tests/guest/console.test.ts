import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { findGuestFailure, findHostKeyFingerprints } from '../../src/guest/console.ts';

const MARKER = 'github-runner-image-builder b-1';
const digest = createHash('sha256').update('key').digest('hex');
const fingerprint = `SHA256:${createHash('sha256').update('key').digest('base64').replace('=', '')}`;
const noisy = (...lines: string[]): string => ['[    0.0] Linux', ...lines, 'login: '].join('\r\n');

describe('the fingerprints on a console', () => {
  test('are found between kernel messages and CR LF line ends, each once', () => {
    const line = `${MARKER} host-key ssh-ed25519 ${digest}`;
    const console = noisy(
      '',
      line,
      `[   12.5] random: crng init done${line}`,
      `${line}[   13.1] bridge`,
      `${line}\r`,
    );
    expect(findHostKeyFingerprints(console, 'b-1')).toEqual([fingerprint]);
  });

  test.each([
    ['of another build', `github-runner-image-builder b-12 host-key ssh-ed25519 ${digest}`],
    ['of a build with a longer name', `github-runner-image-builder x b-1 host-key ssh-ed25519 ${digest}`],
    ['cut off by another message', `${MARKER} host-key ssh-ed25519 ${digest.slice(0, 60)}`],
    ['with too many digits', `${MARKER} host-key ssh-ed25519 ${digest}0`],
    ["in a part's output", `${MARKER} log ${MARKER} host-key ssh-ed25519 ${digest}`],
    ['cut off at the front', `runner-image-builder b-1 host-key ssh-ed25519 ${digest}`],
  ])('do not count when they are %s', (_, line) => {
    expect(findHostKeyFingerprints(noisy(line), 'b-1')).toEqual([]);
  });
});

describe('the failure on a console', () => {
  test('carries the part, its exit code and the end of its output', () => {
    const console = noisy(
      `${MARKER} log first`,
      '[   20.1] kernel message',
      `[   20.2] other${MARKER} log   second `,
      'github-runner-image-builder b-2 log not ours',
      `${MARKER} failed runner 22`,
      `${MARKER} failed runner 22`,
    );
    const lastLines = ['first', '  second'];
    expect(findGuestFailure(console, 'b-1')).toEqual({ part: 'runner', exitCode: 22, lastLines });
  });

  test('is still found when a kernel message cut its first line', () => {
    const console = noisy(`${MARKER} failed runner 2[   20.3] x`, `${MARKER} failed runner 22`);
    expect(findGuestFailure(console, 'b-1')).toEqual({ part: 'runner', exitCode: 22, lastLines: [] });
  });

  test('is none while the build is ready, goes on, or another build failed', () => {
    const console = noisy(
      `${MARKER} ready`,
      'github-runner-image-builder b-2 failed users 1',
      `${MARKER} fail`,
    );
    expect(findGuestFailure(console, 'b-1')).toBeUndefined();
  });
});
