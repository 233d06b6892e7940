import { describe, expect, test } from '@jest/globals';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import { parseJournal } from '../../../src/scheduler/journal/parse-journal.ts';

describe('the file of the journal', () => {
  test.each(['', '{', '[]', 'null', '{"format":2}', JSON.stringify({ ...EMPTY_JOURNAL, built: { a: 'b' } })])(
    'The text %j is reported as a corrupt journal and read as an empty one',
    (json) => {
      expect(parseJournal(json)).toEqual({ journal: EMPTY_JOURNAL, isCorrupt: true });
    },
  );

  test('The rows of an earlier version that named the newest image are left out', () => {
    const earlier = { ...EMPTY_JOURNAL, builtAt: { a: 1 }, builds: { a: { settings: 's', ids: ['b'] } } };
    expect(parseJournal(JSON.stringify({ ...earlier, built: undefined }))).toEqual({
      ...{ journal: EMPTY_JOURNAL, isCorrupt: false },
    });
  });

  test('A journal of an earlier version without prunes is read', () => {
    const earlier = JSON.stringify({ ...EMPTY_JOURNAL, endedBuilds: ['b1'], pruned: undefined });
    expect(parseJournal(earlier)).toEqual({
      journal: { ...EMPTY_JOURNAL, endedBuilds: ['b1'] },
      isCorrupt: false,
    });
  });
});
