import { describe, expect, test } from '@jest/globals';
import { YamlError, parsePythonYaml, parseYaml } from '../../src/system/yaml.ts';
import { LINEAR_SECONDS, processorSecondsOf } from '../support/processor-time.ts';

const MEBI = 1024 * 1024;
const many = (text: string): string => text.repeat(Math.floor((MEBI - 10) / text.length));

describe('YAML', () => {
  test.each([
    ['yes', true],
    ['Off', false],
    ['y', 'y'],
    ['12345', '12345'],
    ['-1.5', '-1.5'],
    ['0123456789', '0123456789'],
    ['1e5', '1e5'],
    ['2026-01-01', '2026-01-01'],
    ['~', null],
    ['"yes"', 'yes'],
    ["'007'", '007'],
  ])('The value %s is read as %p, as in Python', (source, value) => {
    expect(parsePythonYaml(`a: ${source}`)).toEqual({ a: value });
  });

  test.each(['007', '0x1f', '0b1', '1_000', '+5', '1.50', '12:30:45', '.inf', '1.5e+3'])(
    'The number %s, which PyYAML would print in another way, is not text',
    (source) => {
      expect(parsePythonYaml(`a: ${source}`)).toEqual({ a: Number.NaN });
    },
  );

  test.each([
    ['a line of #', '#'],
    ['lines of #', '#\n'],
    ['blanks', ' '],
    ['tabs', '\t'],
    ['opening brackets', '['],
    ['opening braces', '{'],
    ['dashes', '- '],
    ['questions', '? '],
    ['anchors', '&a '],
    ['aliases', '*a,'],
    ['backslashes in quotes', '"\\'],
    ['quotes', "''"],
    ['exclamation marks', '!'],
    ['percent signs', '%'],
    ['colons', 'a: '],
    ['documents', '---\n'],
    ['repeated keys', 'a: 1\n'],
    ['list items', '- a\n'],
    ['digits', '1_'],
    ['carriage returns', '\r'],
  ])('A text of a million characters with only %s is read or refused in linear time', (_, unit) => {
    const seconds = processorSecondsOf(() => {
      for (const text of [many(unit), `a: ${many(unit)}`, `${many(unit)}x`]) {
        try {
          parsePythonYaml(text);
        } catch (error) {
          expect(error).toBeInstanceOf(YamlError);
          expect((error as Error).message.length).toBeLessThan(300);
        }
      }
    });
    expect(seconds).toBeLessThan(LINEAR_SECONDS);
  });

  test('A text that is longer than 1 MiB is refused', () => {
    expect(() => parseYaml('#'.repeat(MEBI + 1))).toThrow(YamlError);
  });

  test('Merged mappings that multiply are refused', () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const pairs = Array.from({ length: 400 }, (__, key) => `k${level}_${key}: 1`).join(', ');
      return level === 0 ? `l0: &l0 {${pairs}}` : `l${level}: &l${level} {<<: *l${level - 1}, ${pairs}}`;
    });
    expect(() => parseYaml(levels.join('\n'))).toThrow('merge keys exceeded');
  });
});
