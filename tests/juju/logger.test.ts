import { describe, expect, test } from '@jest/globals';
import { createHookTools } from '../../src/juju/create-hook-tools.ts';
import { HookToolError } from '../../src/juju/errors.ts';
import { createJujuLogger } from '../../src/juju/logger.ts';
import { cutToBytes } from '../../src/juju/one-line.ts';
import { Secret } from '../../src/model/secret.ts';
import { HOOK_ENVIRONMENT } from './hook-environment.ts';
import { scriptAnswers } from './scripted-tools.ts';

function logTo(log: (level: string, message: string) => Promise<void>) {
  return createJujuLogger({ log });
}

describe("Juju's log", () => {
  test('Log lines are sent at their level, in order, and completely before flush resolves', async () => {
    const lines: string[] = [];
    let isBusy = false;
    const logger = logTo(async (level, message) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await Promise.resolve();
      isBusy = false;
      lines.push(`${level} ${message}`);
    });
    logger.error('one');
    logger.warning('two', { unit: 'app/0' });
    logger.info('three', { reason: 'two words', nested: { n: 1 } });
    logger.debug('four');
    await logger.flush();
    expect(lines).toEqual([
      'ERROR one',
      'WARNING two unit=app/0',
      'INFO three reason="two words" nested.n=1',
      'DEBUG four',
    ]);
  });

  test('Every log entry is one line and contains no secret', async () => {
    const lines: string[] = [];
    const logger = logTo((_, message) => Promise.resolve(void lines.push(message)));
    logger.info('a\nb', { text: 'c\nd', password: 'MARKED', value: new Secret('MARKED') });
    await logger.flush();
    expect(lines).toEqual(['a\\nb text="c\\nd" password=[secret] value=[secret]']);
  });

  test('A failed juju-log fails nothing, and the next entry is still sent', async () => {
    const lines: string[] = [];
    const logger = logTo((_, message) => {
      if (message === 'one') return Promise.reject(new HookToolError('juju-log', 'no context', 'gone'));
      return Promise.resolve(void lines.push(message));
    });
    logger.info('one');
    logger.info('two');
    await logger.flush();
    expect(lines).toEqual(['two']);
  });

  test('A message that exceeds the size of an argument is cut', async () => {
    const { run, requests } = scriptAnswers(() => ({}));
    const text = 'ä'.repeat(120_000); // 240 000 bytes
    await createHookTools(run, HOOK_ENVIRONMENT).log('DEBUG', text);
    expect(requests.map(({ args }) => args.at(-1))).toEqual([`${'ä'.repeat(50_000)}…`]);
  });
});

test.each([
  ['', ''],
  ['abc', 'abc'],
  ['abcdef', 'abcd'],
  ['ab😀😀', 'ab'],
  ['😀😀', '😀'],
])('The text %j is cut between characters to %j', (text, cut) => {
  expect(cutToBytes(text, 4)).toBe(cut);
});
