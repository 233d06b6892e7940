import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './run-tool.ts';

/** This file names the words that the others must not use. */
const SELF = 'tests/house/english.test.ts';

/** Words and phrases that hide the subject or the action of a sentence. */
const RIDDLES =
  /\b(tells?|told|telling|the one that|as it is|lets? go|besides|comes? through|came through|stood|meanwhile)\b|\bstands? (?:there|so|in|as|on)\b/i;

/** A doc comment starts with a verb in the third person or with a noun phrase. */
const QUESTION =
  /^\s*(\/\*\*|\*|\/\/) ?(What|How|Which|Where|Whether|Who|Whose|Is it|Is a|Is the|Has|Did|Does|Was|Were|Could|May) /;

/** A test title is a complete statement. */
const FRAGMENT =
  /\b(?:it|test)(?:\.\w+)*(?:\([^'"`]*\))?\(\s*['"`](that|by|of|whose|also|it|its|with|and|but) /;

interface Line {
  readonly place: string;
  readonly text: string;
}

function listLines(folders: readonly string[], pattern: RegExp): readonly Line[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
        (path) => `${folder}/${path}`,
      ),
    )
    .filter((path) => pattern.test(path) && path !== SELF && !path.startsWith('tests/e2e/lab/'))
    .flatMap((path) =>
      readFileSync(join(ROOT, path), 'utf8')
        .split('\n')
        .map((text, index) => ({ place: `${path}:${index + 1}`, text })),
    );
}

const placesOf = (lines: readonly Line[], pattern: RegExp): readonly string[] =>
  lines.filter(({ text }) => pattern.test(text)).map(({ place, text }) => `${place} ${text.trim()}`);

const CODE = listLines(['src', 'tests', 'bench', 'tools', 'hooks'], /\.(ts|js)$|^hooks\//);
const PAGES = listLines(['docs'], /\.md$/);

describe('the English of code and docs', () => {
  test('Code and docs use none of the words that style rules out', () => {
    expect(placesOf([...CODE, ...PAGES], RIDDLES)).toEqual([]);
  });

  test('No comment starts with a question word', () => {
    expect(placesOf(CODE, QUESTION)).toEqual([]);
  });

  test('No test title is a fragment of a sentence', () => {
    expect(placesOf(CODE, FRAGMENT)).toEqual([]);
  });
});
