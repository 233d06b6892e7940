import { listCodeBlocks } from './code-blocks.ts';

/** The page that describes the way back to the Python charm. */
const PAGE = 'docs/how-to/replace-the-python-charm.md';

/** Returns the commands that add the peer relation to the Python charm, from the page. */
export function readWayBack(): string {
  const found = listCodeBlocks(PAGE).filter(({ text }) => text.includes('python-with-peers.charm'));
  return found.map(({ text }) => text).join('');
}

/** Returns the lines that the page appends to the metadata of the Python charm. */
export function readPeersForPython(): string {
  const [, lines] = /<<'END'\n([^]*?)\nEND\n/.exec(readWayBack()) ?? [];
  if (lines === undefined) throw new Error(`${PAGE}: expected lines between <<'END' and END, got none`);
  return `${lines}\n`;
}
