// Runs the charm on the doubles of the demo and takes pictures of its status page: npm run record-page
// Needs Debian's packages chromium and pngquant.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execPath, exit, stderr } from 'node:process';

const ROOT = resolve(import.meta.dirname, '..');
const [WIDTH, HEIGHT, MAX_BYTES] = [1100, 2400, 150_000];

/**
 * Writes docs/<name>.png.
 * @param {string} name
 * @param {string} page
 * @param {string} folder
 */
function takePicture(name, page, folder) {
  const [large, target] = [join(folder, `${name}.png`), join(ROOT, 'docs', `${name}.png`)];
  const colors = name === 'page-dark' ? ['--blink-settings=preferredColorScheme=0'] : [];
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', ...colors];
  const place = [`--user-data-dir=${join(folder, 'profile')}`, `--window-size=${WIDTH},${HEIGHT}`];
  const run = (program, more) => execFileSync(program, more, { stdio: 'ignore', timeout: 120_000 });
  run('/usr/bin/chromium', [...args, ...place, `--screenshot=${large}`, `file://${page}`]);
  run('/usr/bin/pngquant', ['--force', '--output', target, '64', large]);
  const { size } = statSync(target);
  if (size <= MAX_BYTES) return;
  stderr.write(`${target}: expected at most ${MAX_BYTES} bytes, got ${size}\n`);
  exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'record-page-'));
try {
  const page = join(folder, 'page.html');
  const args = ['--import', './tools/typescript.js', 'tests/demo/page.ts', page];
  execFileSync(execPath, args, { cwd: ROOT, stdio: 'inherit' });
  for (const name of ['page-light', 'page-dark']) takePicture(name, page, folder);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
}
