import { describe, expect, test } from '@jest/globals';
import { ScriptOutput } from '../../../src/image-builder/build/guest/script-output.ts';
import { Secret } from '../../../src/model/secret.ts';

function open(...secrets: readonly string[]) {
  const shown: string[] = [];
  const values = secrets.map((value) => new Secret(value));
  return { shown, output: new ScriptOutput(values, (line) => shown.push(line)) };
}

describe('output of the external script', () => {
  test('A complete line is shown at once, and an incomplete last line at the end', () => {
    const { shown, output } = open();
    output.push('one\ntw');
    expect(shown).toEqual(['one']);
    output.push('o\n\n 10 %\r 20 %\r\nthree');
    expect(shown).toEqual(['one', 'two', ' 10 %', ' 20 %']);
    expect(output.end()).toEqual(['one', 'two', ' 10 %', ' 20 %', 'three']);
    expect(shown.at(-1)).toBe('three');
  });

  test('A secret is redacted when it arrives in pieces, on several lines, or as the only word of a line', () => {
    const { shown, output } = open('hunter2', 'first-line-of-key\nsecond/line/of/key', 'left\rright-part');
    for (const character of 'hunter2\npw=hunter2;\nfirst-line-of-key\nsecond/line/of/key\nx left\rright-part')
      output.push(character);
    const first = ['[secret]', 'pw=[secret];'];
    expect(output.end()).toEqual([...first, '[secret]', 'x [secret]']);
    expect(shown).toEqual([...first, '[secret]', '[secret]', 'x [secret]']);
  });

  test('A secret of the greatest size does not appear when its line is cut', () => {
    const secret = 'S3cr3t/'.repeat(17_000);
    const { shown, output } = open(secret);
    output.push(`${'a'.repeat(1990)}${secret}\n${'b'.repeat(5000)}\n`);
    const lines = [...shown, ...output.end()].join('\n');
    expect(lines).not.toContain('S3cr3t');
    expect(lines).toContain(`${'b'.repeat(2000)}…`);
  });

  test('The end of the output has at most 100 lines and 16 KiB', () => {
    const many = open().output;
    for (let line = 1; line <= 5000; line++) many.push(`line ${line}\n`);
    expect(many.end()).toEqual(Array.from({ length: 100 }, (_, index) => `line ${4901 + index}`));
    const wide = open().output;
    for (let line = 1; line <= 100; line++) wide.push(`${line} ${'é'.repeat(900)}\n`);
    const tail = wide.end();
    expect(Buffer.byteLength(tail.join('\n'))).toBeLessThanOrEqual(16 * 1024);
    expect(tail.at(-1)).toMatch(/^100 é/);
  });

  test('An endless output is shown up to a limit, and its end is still known', () => {
    const { shown, output } = open('t0ken-of-the-operator');
    const block = 'x'.repeat(1023);
    for (let kib = 0; kib < 8192; kib++) output.push(`${block}\n`);
    output.push('z'.repeat(1024 * 1024));
    output.push('\nlast: t0ken-of-the-operator\n');
    expect(Buffer.byteLength(shown.join('\n'))).toBeLessThan(520 * 1024);
    expect(shown.at(-1)).toBe('the output is too long: its rest is not shown');
    expect(output.end().at(-1)).toBe('last: [secret]');
  });
});
