import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/model/secret.ts';
import { Redactor } from '../../../src/system/log/redactor.ts';
import { processorSecondsOf } from '../../support/processor-time.ts';
import { SPELLINGS, longestRest } from '../../support/spellings.ts';

const SECRET = `Pa$s "w\\o/r<d>&+é😀 100%'; end`;

function redactorOf(...secrets: readonly string[]): Redactor {
  const redactor = new Redactor();
  redactor.add(secrets.map((secret) => new Secret(secret)));
  return redactor;
}

describe('the redaction of a secret', () => {
  test.each(Object.entries(SPELLINGS))('A secret %s is redacted in text and in JSON', (_, spell) => {
    for (const secret of [SECRET, 'hunter2-MARKED', 'a'.repeat(40), 'пароль-секрет']) {
      const redactor = redactorOf(secret);
      const spelling = spell(secret);
      const text = `the gateway said: [${spelling}] and no more`;
      const redacted = redactor.redactOutput(text);
      expect(redacted).toContain('[secret]');
      // 8 characters are the name and colon before the secret, and the bits that it shares with its neighbours
      expect(longestRest(redacted, spelling)).toBeLessThanOrEqual(9);
      const line = JSON.stringify({ message: text, values: [text], next: { n: 1 } });
      const output = redactor.redactOutput(`${line}\n`);
      expect(JSON.parse(output)).toEqual({ message: redacted, values: [redacted], next: { n: 1 } });
    }
  });

  test('The text around a secret does not change', () => {
    const text = `\\u0041 %41 &amp; a+b  \t[${encodeURIComponent(SECRET)}] %zz &nope; \\q 100% ${SECRET}`;
    expect(redactorOf(SECRET).redact(text)).toBe(
      '\\u0041 %41 &amp; a+b  \t[[secret]] %zz &nope; \\q 100% [secret]',
    );
  });

  test('The beginning of a secret is redacted where a message was cut', () => {
    const redactor = redactorOf('hunter2-MARKED');
    expect(redactor.redact('Invalid password hunter2-MA')).toBe('Invalid password [secret]');
    expect(redactor.redact('Invalid password hunter2-… (request 1)')).toBe(
      'Invalid password [secret]… (request 1)',
    );
    expect(redactor.redact('two hunters')).toBe('two hunters');
  });

  test('Each line of a secret with several lines is redacted', () => {
    const key = '-----BEGIN KEY-----\nline-MARKED\nother-MARKED\n-----END KEY-----';
    expect(redactorOf(key).redact(`+ echo\n  ${key.split('\n').join('\n  ')}`)).not.toMatch('MARKED');
  });

  test.each(['', ' ', 'a'])('A secret as short as %j changes nothing', (secret) => {
    const text = 'abc 123 {"code":123,"abc":"abc"}';
    expect(redactorOf(secret).redact(text)).toBe(text);
  });

  test.each([
    ['token=abc, again "abc"', ['abc'], 'token=[secret], again "[secret]"'],
    ['abcd dabc', ['abc'], 'abcd dabc'],
    ['a.c abc', ['a.c'], '[secret] abc'],
    ['abcdef and', ['abc', 'abcdef', 'abcd'], '[secret] and'],
    ['$& $1', ['$&'], '[secret] $1'],
    [
      '{"code":12,"id":"12","reason":"exit code 12"}',
      ['12'],
      '{"code":12,"id":"12","reason":"exit code [secret]"}',
    ],
  ])('In the output %j a short secret of %j is redacted as a word of its own', (text, secrets, redacted) => {
    expect(redactorOf(...secrets).redactOutput(text)).toBe(redacted);
  });

  test('A weak secret is redacted in sentences but not in names and ids', () => {
    const output = {
      cloud: 'openstack',
      image: 'openstack-noble',
      error: 'login of openstack with openstack failed',
    };
    expect(JSON.parse(redactorOf('openstack').redactOutput(JSON.stringify(output)))).toEqual({
      ...output,
      error: 'login of [secret] with [secret] failed',
    });
  });

  test('A strong secret is redacted in names and ids as well', () => {
    expect(redactorOf('hunter2-MARKED').redactOutput('{"id":"x-hunter2-MARKED-y"}')).toBe(
      '{"id":"x-[secret]-y"}',
    );
  });

  test('Keys, numbers and blanks of JSON are never changed', () => {
    const text = '{ "12345678" : 12345678,\n\t"a":[true, null, 1.5e3, "x 12345678 \\" y"] }\n';
    expect(redactorOf('12345678', 'true', 'null').redactOutput(text)).toBe(
      text.replace('x 12345678', 'x [secret]'),
    );
  });

  test('Text that only looks like JSON is redacted as text', () => {
    expect(redactorOf('hunter2-MARKED').redactOutput('{hunter2-MARKED')).toBe('{[secret]');
  });

  test('Hostile text is redacted in linear time', () => {
    const redactor = redactorOf(SECRET, 'a'.repeat(100), '\\'.repeat(50), '%25'.repeat(20), 'hunter2-MARKED');
    const size = 100_000;
    for (const part of ['a', '\\', '%25', '&', '&amp;', '%', ' ', '+', '"', '\\u', `${'a'.repeat(99)}b`]) {
      const text = part.repeat(size / part.length);
      const seconds = processorSecondsOf(() => {
        redactor.redactOutput(text);
        redactor.redactOutput(JSON.stringify({ text }));
      });
      expect(seconds).toBeLessThan(4); // of the processor
    }
  });
});
