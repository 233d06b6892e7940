import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { routesOf } from '../support/openstack/emulated-cloud.ts';
import { CONTRACT } from './cases/cases.ts';
import { readRecord } from './record.ts';
import { renderPage } from './render-page.ts';
import { runContract, titleOf } from './run-contract.ts';
import { findUnrecorded, shapesOf } from './shapes.ts';
import { openEmulatorBench } from './emulator-bench.ts';

const PAGE = join(import.meta.dirname, '../../docs/reference/openstack-contract.md');

runContract(
  CONTRACT,
  () => openEmulatorBench(),
  (run) => {
    test('every response of the emulator has a shape that was recorded from a real OpenStack', async () => {
      const { shapes } = await readRecord();
      expect(findUnrecorded(shapesOf(run().exchanges), shapes)).toEqual([]);
    });

    test('every case of the contract was recorded from a real OpenStack', async () => {
      const { calls } = await readRecord();
      expect(CONTRACT.map(titleOf).filter((title) => calls[title] === undefined)).toEqual([]);
    });

    test('every route of the emulator was used successfully', () => {
      const done = new Set(run().exchanges.flatMap(({ route, status }) => (status < 300 ? [route] : [])));
      const routes = routesOf('a').map(({ route }) => route);
      expect(routes.filter((route) => !done.has(route))).toEqual([]);
    });

    test('the page of the OpenStack contract is up to date', async () => {
      const page = renderPage(CONTRACT, await readRecord());
      if (process.env['UPDATE'] === '1') await writeFile(PAGE, page);
      expect(await readFile(PAGE, 'utf8')).toBe(page);
    });
  },
);
