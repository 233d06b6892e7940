import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { renderPage } from '../../src/scheduler/page/render-page.ts';
import { type TextServer, serveText } from '../../src/system/http/text-server.ts';
import { pageFacts } from '../scheduler/page/page-fixture.ts';

/** Debian's package chromium. */
const CHROMIUM = '/usr/bin/chromium';

let folder = '';
let servers: TextServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
});
afterEach(async () => {
  for (const server of servers) await server.close();
  servers = [];
  await rm(folder, { recursive: true, force: true, maxRetries: 20 });
});

/** Returns the document after Chromium has loaded it and run its scripts. The sandbox of Chromium does not work as root. */
async function dumpDom(url: string): Promise<string> {
  const args = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(folder, 'profile')}`];
  const { stdout } = await execa(CHROMIUM, [...args, '--dump-dom', url], {
    timeout: 120_000,
    stderr: 'ignore',
  });
  return stdout;
}

/** Starts a server that counts the requests for a script that changes the title, and answers with it. */
async function serveScript(): Promise<{ readonly url: string; readonly requests: () => number }> {
  let requests = 0;
  const render = (): string => {
    requests += 1;
    return 'document.title = "ran"';
  };
  const server = await serveText({ path: '/', type: 'text/javascript', render }, 0);
  if (server === undefined) throw new Error('expected a free port');
  servers.push(server);
  return { url: `http://127.0.0.1:${server.port}/`, requests: () => requests };
}

/** Writes a page and returns its URL. */
async function put(page: string): Promise<string> {
  const path = join(folder, 'page.html');
  await writeFile(path, page);
  return `file://${path}`;
}

describe('the status page in Chromium', () => {
  test('Chromium shows the page as it was sent, with the style that its policy permits', async () => {
    const dom = await dumpDom(await put(renderPage(pageFacts())));
    expect(dom).toContain('<title>Images of app/0</title>');
    expect(dom.match(/<table>/g)).toHaveLength(5);
    expect(dom).not.toMatch(/<script/);
  });

  test('Scripts and resources that get into the page are neither run nor requested', async () => {
    const { url, requests } = await serveScript();
    const attack = [
      '<script>document.title = "ran"</script>',
      `<script src="${url}"></script>`,
      `<img src="${url}" onerror="document.title = 'ran'">`,
      `<link rel="stylesheet" href="${url}"><style>body { background: url(${url}) }</style>`,
      `<iframe src="${url}"></iframe><object data="${url}"></object><svg onload="document.title = 'ran'"></svg>`,
    ].join('');
    const page = renderPage(pageFacts());
    const dom = await dumpDom(await put(page.replace('<main>', `<main>${attack}`)));
    expect(dom).toContain('<title>Images of app/0</title>');
    expect(requests()).toBe(0);

    const open = page.replace(/<meta\s+http-equiv[^>]*>/, '').replace('<main>', `<main>${attack}`);
    expect(await dumpDom(await put(open))).toContain('<title>ran</title>'); // without the policy the attack works
    expect(requests()).toBeGreaterThan(0);
  });

  test('Hostile names and messages stay text', async () => {
    const problems = [`"'><script>document.title = "ran"</script><img src=x onerror="document.title='ran'">`];
    const dom = await dumpDom(
      await put(renderPage(pageFacts({ problems })).replace(/<meta\s+http-equiv[^>]*>/, '')),
    );
    expect(dom).toContain('<title>Images of app/0</title>');
    expect(dom).toContain('&lt;script&gt;');
  });
});
