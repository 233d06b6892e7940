import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { PAGE_POLICY } from '../../../src/scheduler/page/render-page.ts';
import { type FetchedText, fetchText } from '../../support/fetch-text.ts';
import { findFreePort } from '../../support/debian/prometheus.ts';
import { until, useDaemons } from '../support/daemon-fixture.ts';
import { MARK } from '../support/daemon-host.ts';
import { useRealDaemon } from '../support/real-daemon.ts';

const at = useDaemons();
const program = useRealDaemon();
const NOBLE = 'app-noble-x64';

const fetchPage = (): Promise<FetchedText> =>
  fetchText('http://localhost/', 'GET', { socketPath: at.host.paths.page });

async function isServed(): Promise<boolean> {
  return (await fetchPage().catch(() => undefined))?.status === 200;
}

describe('the status page of a daemon', () => {
  test('A daemon serves the page on a socket of its unit, with the image of the consumer and the history', async () => {
    const daemon = at.start();
    await daemon.untilDone(`build ${NOBLE}`);
    await daemon.reconcileTwice();
    const { status, type, headers, text } = await fetchPage();
    expect({ status, type }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    expect(headers).toMatchObject({
      ...{ 'content-security-policy': PAGE_POLICY, 'x-content-type-options': 'nosniff' },
      ...{ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    });
    expect((await stat(at.host.paths.page)).mode & 0o777).toBe(0o600);
    expect(text).toContain('>red<');
    expect(text).toMatch(/Durations of the last 1 builds of noble-x64/);
    expect(text).toContain('fresh until');
    expect(text).not.toContain(MARK);
  });

  test('A daemon serves the page before the charm has written its settings', async () => {
    await writeFile(at.host.paths.desired, '{');
    at.start();
    await until(isServed);
    expect((await fetchPage()).text).toContain('desired.json');
  });

  test('The page shows a running build with the step of this moment', async () => {
    await at.host.put('hold-build');
    const daemon = at.start();
    await daemon.advanceUntil(async () => (await at.host.built())?.running[0]?.kind === 'build');
    await until(async () => (await fetchPage()).text.includes('do build'));
    expect((await fetchPage()).text).toMatch(/build noble-x64[^]*never built[^]*do build/);
  });

  test('The option page-port serves the same page on the loopback, reports its port, and ends with 0', async () => {
    const wanted = await findFreePort();
    await at.host.putDesired({ pagePort: wanted });
    const daemon = at.start();
    await daemon.advanceUntil(async () => (await at.host.built())?.pagePort !== undefined);
    const url = `http://127.0.0.1:${(await at.host.built())?.pagePort ?? 0}/`;
    expect((await fetchText(url)).text).toContain('<title>Images of app/0</title>');
    expect((await fetchText(url, 'GET', { headers: { host: 'evil.example' } })).status).toBe(421);
    await at.host.putDesired({ pagePort: 0 });
    await daemon.advanceUntil(async () => (await at.host.built())?.pagePort === undefined);
    await expect(fetchText(url)).rejects.toThrow('ECONNREFUSED');
    expect(await isServed()).toBe(true);
  });

  test('A daemon that stops removes its socket', async () => {
    const daemon = at.start();
    await until(isServed);
    await daemon.stop();
    await expect(stat(at.host.paths.page)).rejects.toThrow('ENOENT');
  });
});

describe('the status page of a process', () => {
  test('A daemon that follows a killed one replaces its socket, and scheduler page prints the same page', async () => {
    const first = program.start(at.host);
    await until(isServed);
    await first.end('SIGKILL');
    expect((await stat(at.host.paths.page)).isSocket()).toBe(true);
    expect(await isServed()).toBe(false);
    const next = program.start(at.host);
    await until(isServed);
    await until(async () => (await at.host.images('red')).length === 1);
    await next.end('SIGTERM');

    const { code, out, err } = await program.start(at.host, ['page']).ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^<!DOCTYPE html>[^]*<title>Images of app\/0<\/title>[^]*<\/html>\s*$/);
    expect(out).toContain('Version 1.0.0');
    expect(out).not.toContain(MARK);
    expect(await readFile(at.host.paths.secrets, 'utf8')).toContain(MARK);
  });
});
