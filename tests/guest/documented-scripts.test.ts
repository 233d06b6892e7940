import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { listCodeBlocks } from '../support/docs/code-blocks.ts';

const SCRIPTS = listCodeBlocks('docs/how-to/write-a-script.md').filter(({ language }) => language === 'bash');

/** The program is a package of Debian and Ubuntu. CI installs it; without it, these tests are skipped. */
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

test('The page about scripts has scripts that begin with their interpreter', () => {
  expect(SCRIPTS.length).toBeGreaterThan(2);
  expect(SCRIPTS.filter(({ text }) => !text.startsWith('#!/bin/bash\nset -euo pipefail\n'))).toEqual([]);
});

(hasShellcheck ? describe : describe.skip)('the scripts of the docs', () => {
  test.each(SCRIPTS.map(({ heading, text }) => [heading, text] as const))(
    'shellcheck accepts: %s',
    (_, text) => {
      const { stdout, status } = spawnSync('shellcheck', ['--severity=style', '-'], {
        input: text,
        encoding: 'utf8',
      });
      expect([stdout, status]).toEqual(['', 0]);
    },
  );
});
