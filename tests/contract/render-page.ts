import type { ContractCase } from './contract.ts';
import type { ContractRecord } from './record.ts';
import { titleOf } from './run-contract.ts';

const HEAD = `# The OpenStack contract

The behaviour of OpenStack that this project relies on. Each row is a test that runs on the emulator in \`npm test\` and on
a real OpenStack in \`tests/e2e/contract.e2e.test.ts\`. The calls are those that the real OpenStack answered, without the
login. Cinder is not part of it, since the lab has none: \`tests/contract/documented.test.ts\` compares the emulator's answers
only with those that the API reference of block storage documents. This page is generated: run the test \`tests/contract/contract.test.ts\` with \`UPDATE=1\` to update it.
`;

/** Renders the page of all cases, with the calls that each made to the real OpenStack. */
export function renderPage(cases: readonly ContractCase[], { calls }: Pick<ContractRecord, 'calls'>): string {
  const rows = cases.map((one) => [one.verb, one.outcome, calls[titleOf(one)] ?? '']);
  const escaped = [['verb', 'outcome', 'calls'], ...rows].map((cells) =>
    cells.map((cell) => cell.replaceAll('|', String.raw`\|`)),
  );
  const widths = [0, 1, 2].map((column) => Math.max(...escaped.map((cells) => cells[column]?.length ?? 0)));
  const lines = escaped.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width));
  const table = [...lines.slice(0, 1), rule, ...lines.slice(1)].map((cells) => `| ${cells.join(' | ')} |`);
  return `${HEAD}\n${table.join('\n')}\n`;
}
