// Runs the demo and draws its output as docs/demo.svg: npm run record-demo
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execPath, exit, stderr } from 'node:process';
import { createInterface } from 'node:readline';

/** @typedef {{ readonly seconds: number, readonly topic: string, readonly text: string }} Line */

const ROOT = resolve(import.meta.dirname, '..');
const COLUMNS = 132;
const [WIDTH_OF_LETTER, HEIGHT_OF_LINE, MARGIN] = [7.25, 17, 16];
const COLORS = {
  heading: '#ffffff',
  hook: '#79b8ff',
  action: '#79b8ff',
  status: '#ffdf5d',
  job: '#85e89d',
  step: '#8b949e',
  relation: '#56d4dd',
  juju: '#d2a8ff',
  cloud: '#d2a8ff',
  problem: '#ff7b72',
};

/**
 * Selects the lines of the picture. Successful steps are left out to keep it short.
 * @param {Line} line
 */
function isShown({ topic, text }) {
  return topic !== 'step' || text.includes('✗');
}

/** @returns {Promise<Line[]>} */
async function play() {
  const args = ['--import', './tools/typescript.js', 'tests/demo/main.ts', '--format', 'json'];
  const child = spawn(execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((done) => child.once('exit', (status, signal) => done(status ?? signal)));
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line));
  const code = await exited;
  if (code === 0) return lines.filter(isShown);
  stderr.write(`the demo ended with ${code}: ${JSON.stringify(lines.at(-1))}\n`);
  return exit(1);
}

/** @param {string} text */
function escapeXml(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text.replace(/[&<>]/g, (letter) => entities[letter]);
}

/** @param {string} text */
function cut(text) {
  return text.length <= COLUMNS ? text : `${text.slice(0, COLUMNS - 1)}…`;
}

/**
 * @param {Line} line
 * @param {number} index
 */
function drawLine({ seconds, topic, text }, index) {
  const y = MARGIN + (index + 1) * HEIGHT_OF_LINE;
  const isHeading = topic === 'heading';
  const head = isHeading ? '' : `${seconds.toFixed(1).padStart(5)} s  ${topic.padEnd(8)}  `;
  const all = escapeXml(cut(`${head}${text}`));
  const weight = isHeading ? ' font-weight="bold"' : '';
  return `<text x="${MARGIN}" y="${y}" fill="${COLORS[topic] ?? '#e6edf3'}"${weight}>${all}</text>`;
}

/** @param {Line[]} lines */
function draw(lines) {
  const spaced = lines.flatMap((line, index) =>
    line.topic === 'heading' && index > 0 ? [{ ...line, topic: 'heading', text: '' }, line] : [line],
  );
  const width = Math.ceil(COLUMNS * WIDTH_OF_LETTER + 2 * MARGIN);
  const height = spaced.length * HEIGHT_OF_LINE + 3 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>Output of npm run demo; recorded by tools/record-demo.js</title>',
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    '<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="12" xml:space="preserve">',
    ...spaced.map(drawLine),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

writeFileSync(join(ROOT, 'docs/demo.svg'), draw(await play()));
