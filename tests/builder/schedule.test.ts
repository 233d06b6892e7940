import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { configureCron } from '../../src/builder/schedule.ts';
import { InputError } from '../../src/model/errors.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { UNIT, useHost } from './support/host.ts';

const at = useHost();

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
