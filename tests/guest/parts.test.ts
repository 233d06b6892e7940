import { describe, expect, test } from '@jest/globals';
import { listGuestParts } from '../../src/guest/parts.ts';
import { OPTIONAL_PARTS, parseGuestParts } from '../../src/model/guest/guest-parts.ts';
import { Secret } from '../../src/model/secret.ts';
import { guestContent } from '../support/guest-content.ts';

const PROXY = {
  http: new Secret('http://proxy.example:3128'),
  https: new Secret('http://proxy.example:3128'),
  noProxy: new Secret(''),
  source: 'model',
} as const;
const namesOf = (change: Parameters<typeof guestContent>[0]) =>
  listGuestParts(guestContent(change)).map(({ name }) => name);

describe('the parts of an image', () => {
  test('An image without optional parts has those that every image has', () => {
    expect(namesOf({ leftOutParts: OPTIONAL_PARTS }).sort()).toEqual([
      ...['hostname', 'local-bin', 'runner', 'sysctl', 'users'],
    ]);
  });

  test('The option guest-parts knows every part, and each optional part can be left out', () => {
    const all = namesOf({ proxy: PROXY });
    expect(all.filter((name) => OPTIONAL_PARTS.some((known) => known === name)).sort()).toEqual(
      [...OPTIONAL_PARTS].sort(),
    );
    for (const name of all) {
      const problems: string[] = [];
      const leftOut = parseGuestParts(
        `-${name}`,
        (expected, got) => void problems.push(`${expected}: ${got}`),
      );
      expect(problems.length === 0 ? namesOf({ proxy: PROXY, leftOutParts: [leftOut] }) : []).not.toContain(
        name,
      );
    }
  });

  test('Each part has its own name, and every dependency is a part or a part that can be missing', () => {
    const parts = listGuestParts(guestContent({ proxy: PROXY }));
    const names = parts.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(parts.flatMap(({ after = [] }) => after).filter((name) => !names.includes(name))).toEqual([]);
  });

  test.each([false, true])('No part waits for itself (a proxy: %p)', (hasProxy) => {
    const parts = listGuestParts(guestContent(hasProxy ? { proxy: PROXY } : {}));
    const done = new Set<string>();
    const names = parts.map(({ name }) => name);
    const installReady = () => {
      for (const { name, after = [] } of parts)
        if (after.every((other) => done.has(other) || !names.includes(other))) done.add(name);
    };
    parts.forEach(installReady);
    expect([...done].sort()).toEqual([...names].sort());
  });

  test('A part that uses the network follows the proxy, and Docker follows its package and its group', () => {
    const after = new Map(
      listGuestParts(guestContent({ proxy: PROXY })).map((part) => [part.name, part.after ?? []]),
    );
    for (const name of ['runner', ...OPTIONAL_PARTS]) expect(after.get(name)).toContain('proxy');
    expect(after.get('docker')).toEqual(expect.arrayContaining(['apt', 'users']));
    expect(after.get('yarn')).toContain('apt');
    expect(after.get('runner')).toContain('users');
  });

  test('Mirrors and a proxy for the build change no script and no check', () => {
    const strip = (change: Parameters<typeof guestContent>[0]) =>
      listGuestParts(guestContent(change)).map(({ name, script, check }) => [name, script, check]);
    const sources = {
      ...{ aptMirror: 'http://a.example', npmRegistry: 'http://n.example', yqUrl: 'http://y.example' },
      snapProxy: 'http://s.example:3128',
    };
    expect(strip(sources)).toEqual(strip({}));
    const other = { ...PROXY, http: new Secret('http://other.example:1') };
    expect(strip({ proxy: PROXY })).toEqual(strip({ proxy: other }));
    expect(JSON.stringify(strip({ proxy: PROXY }))).not.toContain('proxy.example');
  });
});
