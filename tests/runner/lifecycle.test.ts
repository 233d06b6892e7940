import { describe, expect, test } from '@jest/globals';
import { OWNER_KEYS } from '../../src/model/owner.ts';
import { encodeProcessIdentity, readOwnProcessIdentity } from '../../src/system/process/process-identity.ts';
import { addRunner } from '../support/github/github-state.ts';
import { githubOptions, listLeft, useRunners } from './use-runners.ts';

const at = useRunners();
const own = (path = 'octo-org') => ['--os-cloud', 'builder', '--prefix', 'app', ...githubOptions(at, path)];

/** Launches a runner and returns its name. */
async function launch(more: readonly string[] = []): Promise<string> {
  const { json, err, code } = await at.launch(more);
  if (code !== 0) throw new Error(err);
  return String(json['runner']);
}

/** Makes the launch of all servers one that has ended, and their time over. */
function endLives(change: { readonly keptUntil?: string } = {}): void {
  const dead = encodeProcessIdentity({ ...readOwnProcessIdentity(), startedAt: '1' });
  for (const { shown } of at.emulator.cloud('a').state.servers.values()) {
    Object.assign(shown['metadata'] as object, {
      [OWNER_KEYS.process]: dead,
      [OWNER_KEYS.keptUntil]: change.keptUntil ?? '2020-01-01T00:00:00.000Z',
    });
  }
}

describe('runner list', () => {
  test('The list joins servers and registrations, and shows a registration without a server', async () => {
    const name = await launch();
    const lost = addRunner(at.github.org, `app-3-${'ab'.repeat(12)}`, ['x']);
    addRunner(at.github.org, 'somebody-elses', ['x']);
    const { code, json } = await at.run(['runner', 'list', ...own()]);
    expect(code).toBe(0);
    expect(json['runners']).toEqual([
      {
        name,
        server_id: expect.any(String),
        server_status: 'ACTIVE',
        image_name: 'app-noble-x64',
        kept_until: expect.any(String),
        runner_status: 'online',
        is_busy: false,
      },
      expect.objectContaining({ name: lost.name, server_id: null, runner_status: 'offline' }),
    ]);
  });

  test('A runner of another path is listed without a registration', async () => {
    const name = await launch(['--github-path', 'octo-org/hello']);
    const { json } = await at.run(['runner', 'list', ...own()]);
    expect(json['runners']).toMatchObject([{ name, runner_status: null }]);
  });

  test('Another owner sees nothing of it', async () => {
    await launch();
    const { out } = await at.run(['runner', 'list', ...own(), '--prefix', 'other', '--format', 'text']);
    expect(out).toBe('');
  });
});

describe('runner delete', () => {
  test('A deleted runner leaves nothing in the cloud or at GitHub', async () => {
    const name = await launch();
    expect(listLeft(at)).toHaveLength(3); // server, port, runner
    const { code, json } = await at.run(['runner', 'delete', name, ...own()]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ runner: name, was_registered: true });
    expect(listLeft(at)).toEqual([]);
  });

  test('A registration without a server is deleted', async () => {
    const { name } = addRunner(at.github.org, `app-3-${'ab'.repeat(12)}`, ['x']);
    expect((await at.run(['runner', 'delete', name, ...own()])).code).toBe(0);
    expect(at.github.names()).toEqual([]);
  });

  test('A runner that runs a job stays, with its server', async () => {
    const name = await launch();
    for (const runner of at.github.org.runners) runner.busy = true;
    const { code, json } = await at.run(['runner', 'delete', name, ...own()]);
    expect(code).toBe(2);
    expect(JSON.stringify(json['error'])).toContain('is still running a job');
    expect(listLeft(at)).toHaveLength(3);
  });

  test.each([
    ['a name that nobody has', 'app-0-000000000000000000000000', [], 'found no server and no registration'],
    ['a runner of nobody we know', 'other-0-000000000000000000000000', [], 'expected a runner of app'],
  ])('%s ends with 2 and one message', async (_what, name, more, message) => {
    const { code, json } = await at.run(['runner', 'delete', name, ...own(), ...more]);
    expect(code).toBe(2);
    expect(JSON.stringify(json['error'])).toContain(message);
  });

  test('A runner is not deleted with the path of another', async () => {
    const name = await launch();
    const { code, json } = await at.run(['runner', 'delete', name, ...own('octo-org/hello')]);
    expect(code).toBe(2);
    expect(JSON.stringify(json['error'])).toContain('--github-path: expected octo-org for');
    expect(listLeft(at)).toHaveLength(3);
  });
});

describe('a runner whose launch has ended', () => {
  test('A sweep with the login at GitHub deletes registration and server after the time of the runner', async () => {
    const name = await launch();
    endLives();
    const { code, json } = await at.run(['sweep', ...own()]);
    expect(code).toBe(0);
    expect(json['swept']).toEqual([`runner ${name} of octo-org`, expect.stringMatching(`^server ${name} `)]);
    expect(listLeft(at)).toEqual([]);
  });

  test('A sweep keeps it until its time has passed', async () => {
    await launch();
    endLives({ keptUntil: new Date(Date.now() + 1e9).toISOString() });
    await at.run(['sweep', ...own()]);
    expect(listLeft(at)).toHaveLength(3);
  });

  test('The next launch sweeps it', async () => {
    const first = await launch();
    endLives();
    const second = await launch();
    expect(at.github.names()).toEqual([second]);
    expect(second).not.toBe(first);
    expect(at.emulator.inventory().a.servers.map(({ name }) => name)).toEqual([second]);
  });

  test('A sweep without the login at GitHub deletes the server, and the registration is deleted by its name', async () => {
    const name = await launch();
    endLives();
    expect((await at.run(['sweep', '--os-cloud', 'builder', '--prefix', 'app'])).code).toBe(0);
    expect(listLeft(at)).toEqual([`runner ${name}`]);
    await at.run(['runner', 'delete', name, ...own()]);
    expect(listLeft(at)).toEqual([]);
  });

  test('A registration that GitHub does not remove is a warning, and the server is deleted', async () => {
    const name = await launch();
    endLives();
    at.github.disturb('DELETE /orgs', { status: 403, body: { message: 'Resource not accessible' } });
    const { code, json } = await at.run(['sweep', ...own()]);
    expect(code).toBe(0);
    expect(json['warnings']).toEqual([expect.stringContaining(`left behind: runner ${name} of octo-org`)]);
    expect(listLeft(at)).toEqual([`runner ${name}`]);
  });
});
