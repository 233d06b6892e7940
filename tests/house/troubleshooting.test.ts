import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { ROOT } from './run-tool.ts';

const PAGE = 'docs/how-to/troubleshoot.md';

/** The files with texts of statuses, and of each the functions that make them; undefined for all. */
const SOURCES: Readonly<Record<string, readonly string[] | undefined>> = {
  ...Object.fromEntries(
    readdirSync(join(ROOT, 'src/charm/status')).map((file) => [`charm/status/${file}`, undefined]),
  ),
  'charm/charm.ts': ['#reconcile'],
  'charm/secrets.ts': undefined,
  'charm/options/option-reader.ts': ['problems', 'addProblem'],
  'scheduler/inbox.ts': ['explainWait'],
  'scheduler/plan/plan.ts': ['planImagesAndPrunes', 'explainIdle'],
};

/** Texts with several words that are no part of a message. */
const NOT_SHOWN = ['; and 99 more', '; and', 'not found', 'not granted'];

interface Part {
  readonly place: string;
  readonly text: string;
}

/** Lists the fixed parts of the texts in a source: those of two words or more, and a word that begins a template. */
function listParts([file, names]: readonly [string, readonly string[] | undefined]): readonly Part[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(ROOT, 'src', file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const parts: Part[] = [];
  const visit = (node: ts.Node, isWanted: boolean): void => {
    const isNamed =
      (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node)) &&
      names?.includes(node.name?.getText() ?? '') === true;
    const isText =
      ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    const isPart =
      isText && (/\S \S/.test(node.text) || (ts.isTemplateHead(node) && /^[a-z]{3,} $/.test(node.text)));
    if (isWanted && isPart) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      parts.push({ place: `src/${file}:${line + 1}`, text: node.text.trim() });
    }
    ts.forEachChild(node, (child) => visit(child, isWanted || isNamed));
  };
  visit(source, names === undefined);
  return parts.filter(({ text }) => !NOT_SHOWN.includes(text));
}

const PARTS = Object.entries(SOURCES).flatMap(listParts);
const HEADINGS = [...readFileSync(join(ROOT, PAGE), 'utf8').matchAll(/^### `(.*)`$/gm)].map(
  ([, text = '']) => text,
);

test('Each text of a status is in a heading of the page about troubleshooting', () => {
  expect(PARTS.length).toBeGreaterThan(40);
  const missing = PARTS.filter(({ text }) => HEADINGS.every((heading) => !heading.includes(text)));
  expect(missing).toEqual([]);
});

test('Each heading of the page about troubleshooting is the text of a status', () => {
  const unknown = HEADINGS.filter((heading) => PARTS.every(({ text }) => !heading.includes(text)));
  expect(unknown).toEqual([]);
});

test('Each status on the page about troubleshooting has an explanation', () => {
  const [, ...sections] = readFileSync(join(ROOT, PAGE), 'utf8').split(/(?:^### .*\n\n)+/m);
  expect(sections.filter((section) => /^(?:#|\s*$)/.test(section))).toEqual([]);
});
