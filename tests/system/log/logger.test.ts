import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/model/secret.ts';
import { type LogLevel, type Logger, createLogger } from '../../../src/system/log/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Fields = Readonly<Record<string, unknown>>;

function open(level: LogLevel = 'info', format: 'text' | 'json' = 'text'): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
  };
  return { log: createLogger({ level, format, write, clock: new ManualClock() }), lines };
}

function textOf(fields: Fields, message = 'message'): string {
  const { log, lines } = open();
  log.info(message, fields);
  expect(lines).toHaveLength(1);
  return String(lines[0]).replace('2026-11-21T08:00:00.000Z info ', '');
}

function jsonOf(fields: Fields, level: LogLevel = 'info'): unknown {
  const { log, lines } = open(level, 'json');
  log.error('message', fields);
  expect(lines).toHaveLength(1);
  return JSON.parse(String(lines[0]));
}

const CIRCLE: Record<string, unknown> = { name: 'circle' };
CIRCLE['self'] = CIRCLE;

describe('a text log line', () => {
  test.each<[string, Fields, string]>([
    ['only its message', {}, 'message'],
    [
      'plain values',
      { server: 'b-1', count: 3, ready: true, none: null },
      'message server=b-1 count=3 ready=true none=null',
    ],
    [
      'values that need quotes',
      { a: 'two words', b: 'x="1"', c: '', d: 'C:\\x' },
      'message a="two words" b="x=\\"1\\"" c="" d="C:\\\\x"',
    ],
    ['no undefined value', { gone: undefined, here: 1 }, 'message here=1'],
    [
      'nested values by their path',
      { image: { id: 'i', tags: ['x', 'y'] } },
      'message image.id=i image.tags=["x","y"]',
    ],
    [
      'values of other types',
      { big: 5n, nan: NaN, at: new Date(0), bytes: Buffer.from('abc') },
      'message big=5 nan=NaN at=1970-01-01T00:00:00.000Z bytes="[3 bytes]"',
    ],
    ['maps and sets', { map: new Map([['k', 1]]), set: new Set([1, 2]) }, 'message map.k=1 set=[1,2]'],
    ['circular references', { circle: CIRCLE }, 'message circle.name=circle circle.self=[circular]'],
    ['escaped field names', { 'a b=c"': 1 }, 'message a_b_c_=1'],
    [
      'fields with the names of log properties',
      { level: 'x', message: 'y', stack: 's', cause: 'c' },
      'message level=x message=y stack=s cause=c',
    ],
  ])('a text line contains %s', (_what, fields, line) => {
    expect(textOf(fields)).toBe(line);
  });

  test('an entry is one line without control characters, even when a guest put them into a field', () => {
    const evil = 'one\ntwo\r\u001b[2Jthree\u009b2J\u2028';
    expect(textOf({ evil }, evil)).toBe(
      'one\\ntwo\\r\\u001b[2Jthree\\u009b2J\\u2028 evil="one\\ntwo\\r\\u001b[2Jthree\\u009b2J\\u2028"',
    );
  });

  test('a field whose getter throws does not fail the call', () => {
    const fields = {
      get broken(): string {
        throw new Error('no');
      },
    };
    expect(textOf(fields)).toBe('message fields=[unreadable]');
  });

  test('a log line begins with its time and its level', () => {
    const { log, lines } = open('debug');
    for (const level of ['error', 'warning', 'info', 'debug'] as const)
      log[level]('message', { key: 'value' });
    expect(lines).toEqual(
      ['error', 'warning', 'info', 'debug'].map(
        (level) => `2026-11-21T08:00:00.000Z ${level} message key=value`,
      ),
    );
  });
});

describe('the log', () => {
  test.each<[LogLevel, string[]]>([
    ['error', ['error']],
    ['warning', ['error', 'warning']],
    ['info', ['error', 'warning', 'info']],
    ['debug', ['error', 'warning', 'info', 'debug']],
  ])('a log at level %s writes %j', (level, expected) => {
    const { log, lines } = open(level);
    for (const each of ['error', 'warning', 'info', 'debug'] as const) log[each](`of ${each}`);
    expect(lines.map((line) => line.split(' ')[1])).toEqual(expected);
  });

  test('a log call writes its line before it returns', () => {
    const { log, lines } = open();
    for (let count = 1; count <= 5000; count += 1) {
      log.info('message', { count });
      if (lines.length !== count) throw new Error(`line ${count} is late`);
    }
  });

  test('logging continues after a line that could not be written', () => {
    let calls = 0;
    const write = (): void => {
      calls += 1;
      if (calls === 1) throw new Error('disk full');
    };
    const log = createLogger({ level: 'info', format: 'text', write, clock: new ManualClock() });
    expect(() => {
      log.info('first');
    }).toThrow('disk full');
    log.info('second');
    expect(calls).toBe(2);
  });

  test('a JSON log has one object on each line', () => {
    const { log, lines } = open('info', 'json');
    log.info('without fields');
    log.warning('with fields', { level: 'x', n: 1 });
    const time = '2026-11-21T08:00:00.000Z';
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { time, level: 'info', message: 'without fields' },
      { time, level: 'warning', message: 'with fields', fields: { level: 'x', n: 1 } },
    ]);
  });
});

describe('an error in the log', () => {
  const refused = Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
  const error = new TypeError('two words', { cause: new Error('cannot reach glance', { cause: refused }) });

  test('a logged error includes all its causes', () => {
    expect(jsonOf({ error })).toMatchObject({
      fields: {
        error: {
          name: 'TypeError',
          message: 'two words',
          cause: {
            name: 'Error',
            message: 'cannot reach glance',
            cause: { name: 'Error', message: 'connection refused', code: 'ECONNREFUSED' },
          },
        },
      },
    });
    expect(textOf({ error })).toContain('error.cause.cause.code=ECONNREFUSED');
  });

  test('a logged AggregateError includes all its errors', () => {
    const all = new AggregateError([refused, 'text'], 'all failed');
    expect(jsonOf({ all })).toMatchObject({
      fields: { all: { message: 'all failed', errors: [{ code: 'ECONNREFUSED' }, 'text'] } },
    });
  });

  test('a logged error has its stack only at level debug', () => {
    expect(JSON.stringify(jsonOf({ error }))).not.toContain('"stack"');
    expect(jsonOf({ error }, 'debug')).toMatchObject({
      fields: { error: { stack: expect.stringContaining('logger.test') } },
    });
  });

  test('an error that is its own cause is logged as circular', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(jsonOf({ loop })).toMatchObject({ fields: { loop: { cause: '[circular]' } } });
  });
});

describe('a secret in the log', () => {
  const PLANTED = 'hunter2-s3cr3t';
  const secret = new Secret(PLANTED);

  test.each<[string, unknown]>([
    ['as a Secret', { value: secret }],
    ['as a nested Secret', { a: [{ b: new Map([['c', new Set([secret])]]) }] }],
    ['as the cause of an error', { error: new Error('x', { cause: { deep: secret } }) }],
    ['as bytes', { body: Buffer.from(PLANTED) }],
    ['in the password of a URL', { url: new URL(`http://user:${PLANTED}@proxy:3128/`) }],
    ['in the password of a URL in a text', { text: `via http://user:${PLANTED}@proxy:3128 failed` }],
    ...[
      'password',
      'adminPass',
      'OS_PASSWORD',
      'passphrase',
      'secret',
      'application_credential_secret',
      'token',
      'X-Auth-Token',
      'github_token',
      'privateKey',
      'private_key',
      'PRIVATE KEY',
      'apiKey',
      'Authorization',
    ].flatMap((name): [string, unknown][] => [
      [`under the name ${name}`, { [name]: PLANTED }],
      [`under the nested name ${name}`, { auth: [{ inner: { [name]: [PLANTED, { more: PLANTED }] } }] }],
      [`under the name ${name} in a map`, { map: new Map([[name, PLANTED]]) }],
    ]),
  ])('the log never prints a secret: %s', (_where, fields) => {
    for (const format of ['text', 'json'] as const) {
      const { log, lines } = open('debug', format);
      log.error('message', fields as Fields);
      expect(lines.join('\n')).toContain('message');
      expect(lines.join('\n')).not.toContain(PLANTED);
    }
  });

  test('the log shows a secret value as [secret]', () => {
    expect(textOf({ key: secret, password: 'x', compass: 'north' })).toBe(
      'message key=[secret] password=[secret] compass=north',
    );
  });
});
