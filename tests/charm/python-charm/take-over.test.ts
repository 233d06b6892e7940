import { execFileSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ERA_OPTIONS, type Era } from '../../support/juju/charm/python-charm.ts';
import {
  NEEDED_BY_2024,
  crontabOf,
  foreignFilesOf,
  otherFilesOf,
  writePythonFiles,
} from '../../support/juju/charm/python-host.ts';
import { changeConfig } from '../../support/juju/model/config-values.ts';
import type { Relation } from '../../support/juju/model/model.ts';
import { built, report } from '../support/facts.ts';
import { configure, integrate, listNotices, useUnit } from '../support/use-unit.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const fixture = useUnit();
const ERAS = Object.keys(ERA_OPTIONS) as Era[];
const CRONTAB = 'etc/cron.d/build-runner-image';
const OLD = {
  id: uuidOf('old-1'),
  tags: 'x64,noble',
  images: `[{"id": "${uuidOf('old-1')}", "tags": "x64,noble"}]`,
};

const pathOf = (path: string): string => join(fixture.unit.root, path);
const isThere = (path: string): boolean => lstatSync(pathOf(path), { throwIfNoEntry: false }) !== undefined;
const listMissing = (paths: readonly string[]): readonly string[] => paths.filter((path) => !isThere(path));
const warnings = (): readonly string[] =>
  fixture.unit.model.log.filter(({ level }) => level === 'WARNING').map(({ message }) => message);

/** Writes the files of a unit of the Python charm that serves a consumer, and returns the consumer's relation. */
async function openPythonUnit(era: Era): Promise<Relation> {
  const { unit } = fixture;
  await writePythonFiles(era, { root: unit.root, unit: 'app/0' });
  configure(unit, { 'base-image': 'noble' });
  const relation = integrate(unit);
  Object.assign(relation.ourUnit, OLD);
  return relation;
}

/** Reports an image of each consumer, and lets the charm publish and confirm them. */
async function publish(bases: Parameters<typeof report>[1] = { noble: uuidOf('new-1') }): Promise<void> {
  const { unit } = fixture;
  await unit.report(built({ clouds: (await unit.cloudIds()).map((cloudId) => report(cloudId, bases)) }));
  await updateStatus(2);
}

async function updateStatus(times: number): Promise<void> {
  for (let done = 0; done < times; done += 1) expect(await fixture.unit.hook('update-status')).toBe(0);
}

describe('the crontab of the Python charm', () => {
  test.each([
    ['of 2024', crontabOf('matrix', 'app/0')],
    ['of 2026', crontabOf('secrets', 'app/0')],
    [
      'in its first form',
      '0 */6 * * * root /usr/bin/juju-exec app/0 JUJU_DISPATCH_PATH="hooks/trigger" ./dispatch\n',
    ],
    ['without an end of line', crontabOf('secrets', 'app/0').trimEnd()],
  ])('The crontab %s is removed at once, even while options are invalid', async (_form, text) => {
    await writeFile(pathOf(CRONTAB), text);
    expect(await fixture.unit.hook('upgrade-charm')).toBe(0);
    expect(fixture.unit.status).toMatch(/^blocked: /);
    expect(isThere(CRONTAB)).toBe(false);
    expect(listNotices(fixture.unit)).toEqual([
      'unit taken over from the Python charm',
      `removed a trace of the Python charm trace="schedule of builds" path=${pathOf(CRONTAB)}`,
    ]);
  });

  test.each([
    ['another unit', crontabOf('secrets', 'app/01')],
    ['another application', crontabOf('secrets', 'my-app/0')],
    ['another program', '0 * * * * root /usr/bin/backup app/0\n'],
  ])('The crontab of %s is kept', async (_owner, text) => {
    await writeFile(pathOf(CRONTAB), text);
    await fixture.unit.hook('upgrade-charm');
    expect(await readFile(pathOf(CRONTAB), 'utf8')).toBe(text);
  });

  test('The lines of other units in the crontab are kept', async () => {
    const other = crontabOf('secrets', 'other/1');
    await writeFile(pathOf(CRONTAB), `${crontabOf('secrets', 'app/0')}${other}`);
    await fixture.unit.hook('upgrade-charm');
    expect(await readFile(pathOf(CRONTAB), 'utf8')).toBe(other);
  });
});

describe('the traces of the Python charm on the host', () => {
  test.each(ERAS)(
    'The traces of the era %s stay until every image is published and confirmed',
    async (era) => {
      const relation = await openPythonUnit(era);
      const files = [...otherFilesOf(era, 'app'), ...NEEDED_BY_2024];
      changeConfig(fixture.unit.model, { 'base-image': 'noble,jammy' });
      await fixture.unit.hook('upgrade-charm');
      await publish({ noble: uuidOf('new-1') }); // without the image of jammy
      expect([relation.ourUnit['id'], listMissing(files)]).toEqual([uuidOf('new-1'), []]);
      const { unit } = fixture;
      const [cloudId = ''] = await unit.cloudIds();
      await unit.report(
        built({ clouds: [report(cloudId, { noble: uuidOf('new-1'), jammy: uuidOf('new-2') })] }),
      );
      await unit.hook('update-status');
      expect(listMissing(files)).toEqual([]); // written, but not read back yet
      await unit.hook('update-status');
      expect(listMissing(otherFilesOf(era, 'app'))).toEqual(otherFilesOf(era, 'app'));
    },
  );

  test('A second consumer without images keeps the traces', async () => {
    await openPythonUnit('secrets');
    integrate(fixture.unit, 'second');
    await fixture.unit.hook('upgrade-charm');
    const [cloudId = ''] = await fixture.unit.cloudIds();
    await fixture.unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('new-1') })] }));
    await updateStatus(3);
    expect(listMissing(otherFilesOf('secrets', 'app'))).toEqual([]);
  });

  test('Everything of the charm of 2026 is removed with one line each, and nothing else', async () => {
    await openPythonUnit('secrets');
    await fixture.unit.hook('upgrade-charm');
    await publish();
    const removed = [...otherFilesOf('secrets', 'app'), ...NEEDED_BY_2024];
    expect(listMissing(removed)).toEqual(removed);
    expect(listMissing(foreignFilesOf('app'))).toEqual([]);
    const lines = listNotices(fixture.unit).filter((line) => line.startsWith('removed a trace'));
    expect(lines).toHaveLength(1 + removed.length); // with the crontab
    expect(listNotices(fixture.unit).at(-1)).toMatch(
      new RegExp(`^images of the Python charm are deleted in an hour .*${uuidOf('old-1')}`),
    );
    await fixture.unit.hook('update-status');
    expect(listNotices(fixture.unit).filter((line) => line.startsWith('removed a trace'))).toEqual(lines);
  });

  test('The scheduler gets the ids of the published images when the databags offer the new ones, and not before', async () => {
    const formerImages = async () => (await fixture.unit.desired())?.formerImages;
    const relation = await openPythonUnit('secrets');
    await fixture.unit.hook('upgrade-charm');
    expect(await formerImages()).toEqual([]);
    const [cloudId = ''] = await fixture.unit.cloudIds();
    await fixture.unit.report(built({ clouds: [report(cloudId, { noble: uuidOf('new-1') })] }));
    await updateStatus(1); // writes the databag
    expect(await formerImages()).toEqual([]);
    await updateStatus(1); // reads it back
    expect(await formerImages()).toEqual([{ relationId: relation.id, imageIds: [uuidOf('old-1')] }]);
  });

  test('The program and the key that the charm of 2024 would miss after a refresh back are kept', async () => {
    await openPythonUnit('matrix');
    await fixture.unit.hook('upgrade-charm');
    await publish();
    expect(listMissing([...NEEDED_BY_2024, ...foreignFilesOf('app')])).toEqual([]);
    expect(listNotices(fixture.unit).at(-2)).toMatch(/^kept for a refresh back .*builder_key/);
    await fixture.unit.hook('remove');
    expect(listMissing(NEEDED_BY_2024)).toEqual(NEEDED_BY_2024);
  });

  test('The names of snapshots with channels are derived from the options', async () => {
    await openPythonUnit('matrix');
    const names = [
      'app-jammy-arm64-juju-3.6-stable',
      'app-noble-x64-juju-3.6-stable-mk8s-1.29-strict-stable',
    ];
    for (const name of names) await writeFile(pathOf(`home/ubuntu/${name}.snapshot`), '');
    changeConfig(fixture.unit.model, {
      'juju-channels': '3.6/Stable',
      'microk8s-channels': '1.29-strict/stable',
    });
    await fixture.unit.hook('upgrade-charm');
    await fixture.unit.hook('remove');
    expect(names.filter((name) => isThere(`home/ubuntu/${name}.snapshot`))).toEqual([]);
  });

  test('A unit that this charm installed removes no file, whatever is in the home of ubuntu', async () => {
    const { unit } = fixture;
    await openPythonUnit('secrets');
    await rm(pathOf(CRONTAB));
    expect(await unit.hook('install')).toBe(0);
    expect(await unit.hook('upgrade-charm')).toBe(0);
    await publish();
    await unit.hook('remove');
    expect(listMissing([...otherFilesOf('secrets', 'app'), ...NEEDED_BY_2024])).toEqual([]);
  });

  test('A unit that was blocked since its installation is not taken for one of the Python charm', async () => {
    const { unit } = fixture;
    await unit.hook('install');
    await unit.hook('upgrade-charm');
    expect(listNotices(unit)).toEqual([]);
  });

  test('A second refresh from the Python charm removes what that charm created again', async () => {
    await openPythonUnit('secrets');
    await fixture.unit.hook('upgrade-charm');
    await publish();
    await rm(pathOf('home'), { recursive: true });
    await writePythonFiles('secrets', { root: fixture.unit.root, unit: 'app/0' });
    await fixture.unit.hook('upgrade-charm');
    await fixture.unit.hook('update-status');
    expect(isThere('home/ubuntu/clouds.yaml')).toBe(false);
    const lines = listNotices(fixture.unit).filter((line) => line.startsWith('images of the Python charm'));
    expect(lines).toHaveLength(2);
    // not new-1, which this charm built and publishes
    for (const line of lines) expect(line).toMatch(new RegExp(`imageIds=\\["${uuidOf('old-1')}"\\]$`));
  });

  test('Another unit of the Python charm on the machine keeps the files, which it uses too', async () => {
    await openPythonUnit('secrets');
    const other = pathOf('agents/unit-other-0/charm');
    await mkdir(other, { recursive: true });
    await writeFile(join(other, 'metadata.yaml'), 'name: github-runner-image-builder\n');
    await fixture.unit.hook('upgrade-charm');
    await publish();
    expect(listMissing(otherFilesOf('secrets', 'app'))).toEqual([]);
    await writeFile(join(other, 'program-digest'), 'aaaa\n'); // refreshed to this charm
    await fixture.unit.hook('update-status');
    expect(isThere('home/ubuntu/clouds.yaml')).toBe(false);
  });

  test('A removal that fails is a warning, and is given up after five events', async () => {
    await openPythonUnit('secrets');
    await fixture.unit.hook('upgrade-charm');
    const folder = pathOf('home/ubuntu/.local/pipx/venvs/github-runner-image-builder');
    // Node cannot delete a folder whose path is longer than PATH_MAX, not even as root.
    const deepen = 'chdir $ARGV[0]; for (1..20) { mkdir $ARGV[1]; chdir $ARGV[1] or die }';
    execFileSync('perl', ['-e', deepen, folder, 'd'.repeat(250)]);
    try {
      await publish();
      await updateStatus(5);
      expect(fixture.unit.status).not.toMatch(/^(blocked|error)/);
      expect(warnings().filter((line) => line.startsWith('a trace of'))).toHaveLength(5);
      expect(warnings().at(-1)).toMatch(/^remove these traces of the Python charm by hand/);
      expect(isThere('home/ubuntu/clouds.yaml')).toBe(false);
    } finally {
      execFileSync('rm', ['-rf', folder]);
    }
  });
});
