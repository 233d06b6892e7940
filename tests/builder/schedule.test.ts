import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { configureCron } from '../../src/builder/schedule.ts';
import { InputError } from '../../src/model/errors.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { UNIT, useHost } from './support/host.ts';

const at = useHost();

const cronLine = (unit: string) =>
  `0 */6 * * * root /usr/bin/run-one /usr/bin/bash -c '/usr/bin/juju-exec "${unit}" "JUJU_DISPATCH_PATH=run HOME=/home/ubuntu ./dispatch"'\n`;

describe('the schedule', () => {
  test('The schedule is written again only when the interval changes', async () => {
    expect(await configureCron(UNIT, 6, at.host)).toBe(true);
    const before = await stat(at.host.paths.schedule);
    expect(await configureCron(UNIT, 6, at.host)).toBe(false);
    expect((await stat(at.host.paths.schedule)).ino).toBe(before.ino);
    expect(await configureCron(UNIT, 3, at.host)).toBe(true);
    expect(JSON.parse(await readFile(at.host.paths.schedule, 'utf8'))).toEqual({
      unit: UNIT,
      intervalHours: 3,
    });
  });

  test('A corrupt schedule is written again', async () => {
    await configureCron(UNIT, 6, at.host);
    await writeFile(at.host.paths.schedule, '{');
    expect(await configureCron(UNIT, 6, at.host)).toBe(true);
    expect(await configureCron(UNIT, 6, at.host)).toBe(false);
  });

  test.each([0, -1, 1.5, Number.NaN])('An interval of %p hours is refused', async (interval) => {
    expect(await failureOf(configureCron(UNIT, interval, at.host))).toBeInstanceOf(InputError);
    await expect(stat(at.host.paths.schedule)).rejects.toThrow('ENOENT');
  });
});

describe('the crontab of the Python charm', () => {
  test.each([
    ['in its last form', cronLine(UNIT)],
    [
      'in its first form',
      `0 */6 * * * root /usr/bin/juju-exec ${UNIT} JUJU_DISPATCH_PATH="hooks/trigger" ./dispatch\n`,
    ],
    ['without an end of line', cronLine(UNIT).trimEnd()],
  ])('The former crontab %s is removed, which counts as a change', async (_form, text) => {
    await configureCron(UNIT, 6, at.host);
    await writeFile(at.host.paths.formerCrontab, text);
    expect(await configureCron(UNIT, 6, at.host)).toBe(true);
    await expect(stat(at.host.paths.formerCrontab)).rejects.toThrow('ENOENT');
    expect(await configureCron(UNIT, 6, at.host)).toBe(false);
  });

  test.each([
    ['another unit', cronLine('app/01')],
    ['another application', cronLine('my-app/0')],
    ['another program', `0 * * * * root /usr/bin/backup ${UNIT}\n`],
  ])('The former crontab is kept when it belongs to %s', async (_owner, text) => {
    await configureCron(UNIT, 6, at.host);
    await writeFile(at.host.paths.formerCrontab, text);
    expect(await configureCron(UNIT, 6, at.host)).toBe(false);
    expect(await readFile(at.host.paths.formerCrontab, 'utf8')).toBe(text);
  });

  test('The lines of other units in the former crontab are kept', async () => {
    await writeFile(at.host.paths.formerCrontab, `${cronLine(UNIT)}${cronLine('other/1')}`);
    await configureCron(UNIT, 6, at.host);
    expect(await readFile(at.host.paths.formerCrontab, 'utf8')).toBe(cronLine('other/1'));
  });
});
