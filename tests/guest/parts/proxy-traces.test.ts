import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderCleanUp } from '../../../src/guest/clean-up.ts';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { aproxyPart } from '../../../src/guest/parts/aproxy.ts';
import { opentelemetryCollectorPart } from '../../../src/guest/parts/opentelemetry-collector.ts';
import { proxyPart } from '../../../src/guest/parts/proxy.ts';
import { Secret } from '../../../src/model/secret.ts';
import { installOf, makePartGuest, runInPartGuest, shellOf } from '../support/part-guest.ts';
import { canRunTinyGuest } from '../support/tiny-guest.ts';

const describeTiny = canRunTinyGuest() ? describe : describe.skip;

const partsOf = (url: string): readonly GuestPart[] => {
  const proxy = {
    http: new Secret(url),
    https: new Secret(url),
    noProxy: new Secret(''),
    source: 'model',
  } as const;
  const options = { proxy, isKept: false, snapProxy: new Secret(url) };
  return [proxyPart(options) ?? [], aproxyPart(options), opentelemetryCollectorPart(options)].flat();
};

/** The files in which programs may have written the URL of a proxy during a build. */
const TRACES = [
  '/var/log/apt/history.log',
  '/var/log/apt/term.log',
  '/var/log/syslog',
  '/var/log/syslog.1',
  '/var/log/cloud-init-output.log',
  '/var/log/journal/1/system.journal',
  '/root/.ash_history',
  '/home/ubuntu/.bash_history',
  '/root/.npm/_logs/debug.log',
  '/home/ubuntu/.npm/_logs/debug.log',
  '/var/tmp/left',
];
const WRITE_TRACES = TRACES.map((path) => `mkdir -p ${path.replace(/\/[^/]*$/, '')}; echo qmarkedq >${path}`);

let root = '';
beforeAll(() => {
  root = makePartGuest();
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

describeTiny('traces of a proxy', () => {
  test.each(['http://qmarkedq.example:3128', 'http://user:qmarkedq@proxy.example:3128'])(
    'After a build behind %s and the whole clean-up, no file of the guest contains the proxy',
    (url) => {
      const parts = partsOf(url);
      const find = 'grep -rl qmarkedq /etc /home /root /run /snap /srv /tmp /usr /var 2>/dev/null';
      const { stdout } = runInPartGuest(
        root,
        [
          ...parts.map((part) => `${installOf(part)} >/dev/null || echo ${part.name} failed`),
          ...WRITE_TRACES,
          'ln -sf /wrap/systemctl /wrap/nft /usr/sbin/',
          `${find} | wc -l`,
          `${shellOf(renderCleanUp(parts))} >/clean-up.log`,
          'grep -v "^removed" /clean-up.log | tail -n 1',
          'rm -f /tmp/* /clean-up.log',
          find,
        ].join('\n'),
      );
      const [count, ...rest] = stdout.trimEnd().split('\n');
      expect(Number(count)).toBeGreaterThan(TRACES.length);
      expect(rest).toEqual(['clean-up done']);
    },
  );
});
