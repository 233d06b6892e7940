import { beforeEach, describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../src/model/errors.ts';
import { describeDuration } from '../../src/model/text/quantities.ts';
import { OWNER_KEYS, encodeOwner } from '../../src/model/owner.ts';
import { TOKENS } from '../image-builder/open-store.ts';
import { useClouds } from '../image-builder/use-clouds.ts';
import { uuidOf } from '../support/uuid-of.ts';
import { type Ran, useProgram } from './run-program.ts';

const at = useClouds();
const program = useProgram(at);
const OWNER = { application: 'app', modelUuid: 'm', unit: 'app/0', buildId: 'b7' };
const ours = (id: string, change: object = {}) => ({
  ...{ id, ...encodeOwner(OWNER), [OWNER_KEYS.kind]: 'runner' },
  ...change,
});

beforeEach(() => program.writeClouds({ b: at.entry('b'), c: at.entry('c') }));

const list = (clouds: string, ...more: string[]): Promise<Ran> =>
  program.run(['list', '--clouds', clouds, ...more]);

describe('the command list', () => {
  test('The text output of list is a table with the age and the size of each image', async () => {
    at.b.add(ours(uuidOf('i1')));
    at.c.add(ours(uuidOf('i2'), { status: 'queued' }));
    const { code, out } = await list('b,c', '--format', 'text');
    expect(code).toBe(0);
    const age = describeDuration(at.clock.now() - Date.parse('2020-01-01T08:00:00Z'));
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['CLOUD', 'NAME', 'ID', 'AGE', 'SIZE', 'STATUS'],
      ['b', 'noble', uuidOf('i1'), age, '36 bytes', 'active'],
      ['c', 'noble', uuidOf('i2'), age, '-', 'queued'],
      [''],
    ]);
  });

  test('The text output of list says that there are no images', async () => {
    expect((await list('b,c', '--format', 'text')).out).toBe('no images\n');
  });

  test('A list that is stopped ends as cancelled without waiting for a Keystone that hangs', async () => {
    at.b.disturb(TOKENS, 'hang');
    const logins = at.b.arrivals(TOKENS);
    const stop = new AbortController();
    const running = program.run(['list', '--clouds', 'b,c'], {
      signal: stop.signal,
      stoppedBy: () => (stop.signal.aborted ? 'SIGTERM' : undefined),
    });
    await logins.reach();
    stop.abort(new CancelledError('stopped by SIGTERM'));
    const { code, json } = await running;
    expect(code).toBe(143);
    expect(json()).toMatchObject({ error: { kind: 'cancelled' } });
  });

  test.each(['', 'a,,b', 'a,a'])('The value %p of --clouds is refused', async (clouds) => {
    expect((await list(clouds)).code).toBe(2);
  });
});
