import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { opentelemetryCollectorPart } from '../../../src/guest/parts/opentelemetry-collector.ts';
import {
  commandsOf,
  findUnnamed,
  injectFailures,
  installOf,
  makePartGuest,
  runInPartGuest,
  shellOf,
} from '../support/part-guest.ts';
import { canRunTinyGuest } from '../support/tiny-guest.ts';

const describeTiny = canRunTinyGuest() ? describe : describe.skip;
const PART = opentelemetryCollectorPart({ snapProxy: undefined });
const FAIL_INSTALLS = 'mkdir -p /var/lib/snap-stand-in; echo "$n" >/var/lib/snap-stand-in/fail-installs';

let root = '';
beforeAll(() => {
  root = makePartGuest();
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

describeTiny('opentelemetry-collector part', () => {
  const inGuest = (program: string) => runInPartGuest(root, program);

  test('The snap is installed from its channel stable and disabled, also after a second run', () => {
    const { stdout } = inGuest(
      `${installOf(PART)} && ${installOf(PART)} && ${shellOf(PART.check)} && echo on`,
    );
    expect(stdout.split('\n').slice(-3)).toEqual(['version opentelemetry-collector 1.2.3', 'on', '']);
    const commands = commandsOf(root);
    expect(commands.filter((line) => line.startsWith('snap install'))).toEqual([
      'snap install opentelemetry-collector --channel=latest/stable',
    ]);
    expect(commands.filter((line) => line.startsWith('snap disable'))).toHaveLength(1);
  });

  test('The commands of a pre-job under "set -e" start the collector', () => {
    const preJob = 'snap enable opentelemetry-collector; snap start opentelemetry-collector; echo started';
    writeFileSync(join(root, 'pre-job'), `set -e\n${preJob}\n`);
    expect(inGuest(`${installOf(PART)} >/tmp/out && sh /pre-job`).stdout).toBe('started\n');
  });

  test('The installation survives four failures of the store', () => {
    expect(
      inGuest(`n=4; ${FAIL_INSTALLS}; ${installOf(PART)} >/tmp/out && ${shellOf(PART.check)} && echo on`)
        .stdout,
    ).toBe('on\n');
  });

  test('After the fifth failure of the store, the message names snap, channel and the error', () => {
    const { stdout } = inGuest(`n=5; ${FAIL_INSTALLS}; ${installOf(PART)}`);
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
      'error: cannot perform the following tasks: unable to contact snap store',
      'snap install failed five times: could not install opentelemetry-collector from the channel latest/stable',
    ]);
  });

  test('Every command that fails ends the script and is named', () => {
    const injections = injectFailures(root, ':', installOf(PART), shellOf(PART.check));
    expect(injections.filter(({ hasFailed }) => hasFailed).length).toBeGreaterThanOrEqual(3);
    expect(findUnnamed(injections, /^(awk|snap (list|install)) /)).toEqual([]);
  });

  test.each([
    [
      'snap enable opentelemetry-collector',
      'the snap opentelemetry-collector is not disabled: "snap enable" of a pre-job would fail',
    ],
    ['rm -r /var/lib/snap-stand-in/snaps/*', 'the snap opentelemetry-collector is not installed'],
  ])('The check names the damage of: %s', (damage, problem) => {
    expect(inGuest(`${installOf(PART)} >/tmp/out; ${damage}; ${shellOf(PART.check)}`).stdout).toBe(
      `${problem}\n`,
    );
  });
});
