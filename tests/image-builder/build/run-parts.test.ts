import { describe, expect, test } from '@jest/globals';
import { runParts } from '../../../src/image-builder/build/guest/run-parts.ts';

interface Part {
  readonly name: string;
  readonly after?: readonly string[];
}

/** An installer whose installations end when the test says so. */
class Installer {
  readonly started: string[] = [];
  readonly aborted: string[] = [];
  readonly #ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  readonly install = ({ name }: Part, signal: AbortSignal): Promise<void> => {
    this.started.push(name);
    return new Promise((resolve, reject) => {
      this.#ends.set(name, { resolve, reject });
      signal.addEventListener('abort', () => {
        this.aborted.push(name);
        reject(signal.reason as Error);
      });
    });
  };

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.resolve();
    await settle();
  }

  async fail(name: string, error: Error): Promise<void> {
    this.#ends.get(name)?.reject(error);
    await settle();
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 1));
const never = new AbortController().signal;

function begin(
  parts: readonly Part[],
  limit = 4,
  signal = never,
): { installer: Installer; ended: Promise<unknown> } {
  const installer = new Installer();
  const ended = runParts({ parts, limit, install: installer.install }, signal).then(
    () => 'done',
    (error: unknown) => error,
  );
  return { installer, ended };
}

describe('the order of the parts', () => {
  test('A part starts as soon as the parts that it follows are installed, beside independent parts', async () => {
    const parts = [
      { name: 'docker', after: ['apt', 'users'] },
      { name: 'apt', after: ['proxy'] },
      { name: 'users' },
      { name: 'proxy' },
      { name: 'yq', after: ['proxy'] },
    ];
    const { installer, ended } = begin(parts);
    expect(installer.started).toEqual(['users', 'proxy']);
    await installer.end('proxy');
    expect(installer.started).toEqual(['users', 'proxy', 'apt', 'yq']);
    await installer.end('apt');
    expect(installer.started).toHaveLength(4);
    await installer.end('users');
    expect(installer.started.at(-1)).toBe('docker');
    await installer.end('docker');
    await installer.end('yq');
    expect(await ended).toBe('done');
  });

  test('A part that is left out does not hold up its followers', async () => {
    const { installer, ended } = begin([{ name: 'docker', after: ['apt'] }]);
    await installer.end('docker');
    expect(await ended).toBe('done');
  });

  test('No more parts than the limit are installed at the same time', async () => {
    const { installer, ended } = begin([{ name: 'a' }, { name: 'b' }, { name: 'c' }], 2);
    expect(installer.started).toEqual(['a', 'b']);
    await installer.end('b');
    expect(installer.started).toEqual(['a', 'b', 'c']);
    await installer.end('a');
    await installer.end('c');
    expect(await ended).toBe('done');
  });

  test('An empty list is installed at once', async () => {
    expect(await begin([]).ended).toBe('done');
  });

  test('Parts that wait for each other are a bug, which is reported when the others are installed', async () => {
    const { installer, ended } = begin([
      { name: 'a', after: ['b'] },
      { name: 'b', after: ['a'] },
      { name: 'c' },
    ]);
    await installer.end('c');
    expect(String(await ended)).toContain('the parts wait for each other: a, b');
  });
});

describe('a part that fails', () => {
  test('The first failure aborts the running parts, starts no other, and is the error', async () => {
    const { installer, ended } = begin([{ name: 'a' }, { name: 'b' }, { name: 'c', after: ['a'] }]);
    const failure = new Error('no disk space');
    await installer.fail('a', failure);
    expect(await ended).toBe(failure);
    expect([installer.started, installer.aborted]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  test('Cancelling the build aborts the running parts with its reason', async () => {
    const stop = new AbortController();
    const { installer, ended } = begin([{ name: 'a' }, { name: 'b', after: ['a'] }], 4, stop.signal);
    const reason = new Error('stopped');
    stop.abort(reason);
    expect(await ended).toBe(reason);
    expect(installer.started).toEqual(['a']);
  });
});
