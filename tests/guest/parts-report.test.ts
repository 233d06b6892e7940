import { describe, expect, test } from '@jest/globals';
import { parsePartsReport } from '../../src/guest/parts-report.ts';
import { CloudInitFailError } from '../../src/model/errors.ts';

describe('report of the parts', () => {
  test('The report of the parts contains the seconds of each part in order', () => {
    expect(parsePartsReport('hostname 0\r\nrunner 42\r\n')).toEqual([
      { name: 'hostname', seconds: 0 },
      { name: 'runner', seconds: 42 },
    ]);
  });

  test.each(['', '\n', 'cat: no such file', 'hostname', 'hostname -1', 'hostname 0\nrunner 4 2'])(
    'The parts report %j is a failure of the first boot',
    (text) => {
      expect(() => parsePartsReport(text)).toThrow(CloudInitFailError);
    },
  );
});
