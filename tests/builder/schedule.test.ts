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
  test('is written once, and again when the interval changes', async () => {
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

  test('that is corrupt is written again', async () => {
    await configureCron(UNIT, 6, at.host);
    await writeFile(at.host.paths.schedule, '{');
    expect(await configureCron(UNIT, 6, at.host)).toBe(true);
    expect(await configureCron(UNIT, 6, at.host)).toBe(false);
  });

  test.each([0, -1, 1.5, Number.NaN])('of every %p hours is refused', async (interval) => {
    expect(await failureOf(configureCron(UNIT, interval, at.host))).toBeInstanceOf(InputError);
    await expect(stat(at.host.paths.schedule)).rejects.toThrow('ENOENT');
  });
});

describe('the crontab of the Python charm', () => {
  test.each([
    ['of its last era', cronLine(UNIT)],
    [
      'of its first era',
      `0 */6 * * * root /usr/bin/juju-exec ${UNIT} JUJU_DISPATCH_PATH="hooks/trigger" ./dispatch\n`,
    ],
    ['without an end of line', cronLine(UNIT).trimEnd()],
  ])('%s is removed, and that is a change', async (_era, text) => {
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
  ])('stays when it enters %s', async (_whose, text) => {
    await configureCron(UNIT, 6, at.host);
    await writeFile(at.host.paths.formerCrontab, text);
    expect(await configureCron(UNIT, 6, at.host)).toBe(false);
    expect(await readFile(at.host.paths.formerCrontab, 'utf8')).toBe(text);
  });

  test('keeps the lines of others', async () => {
    await writeFile(at.host.paths.formerCrontab, `${cronLine(UNIT)}${cronLine('other/1')}`);
    await configureCron(UNIT, 6, at.host);
    expect(await readFile(at.host.paths.formerCrontab, 'utf8')).toBe(cronLine('other/1'));
  });
});
