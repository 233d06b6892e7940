import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { START_JIT_COMMAND } from '../../src/guest/runner-start.ts';
import { OWNER_KEYS } from '../../src/model/owner.ts';
import { IMAGE, githubOptions, listLeft, useRunners } from './use-runners.ts';

const at = useRunners();
const servers = () => [...at.emulator.cloud('a').state.servers.values()].map(({ shown }) => shown);

describe('runner launch', () => {
  test('A launch ends when the runner is online, and prints its name, labels and addresses', async () => {
    const { code, json, err } = await at.launch(['--labels', 'trial,x64']);
    expect({ code, problem: /ERROR.*/.exec(err)?.[0] }).toEqual({ code: 0, problem: undefined });
    expect(json).toMatchObject({
      cloud: 'builder',
      github_path: 'octo-org',
      runner: expect.stringMatching(/^app-0-[0-9a-f]{24}$/),
      labels: ['app', IMAGE, 'trial', 'x64'],
      image_id: at.imageId,
      server_id: servers()[0]?.id,
    });
    expect(at.github.org.runners).toMatchObject([
      { name: json['runner'], status: 'online', runner_group_id: 1 },
    ]);
    expect(at.github.org.runners[0]?.labels.map(({ name }) => name)).toEqual(json['labels']);
    expect(servers()).toMatchObject([{ name: json['runner'], status: 'ACTIVE', image: { id: at.imageId } }]);
    const { keypairs } = at.emulator.inventory().a;
    expect(keypairs).toEqual([]);
  });

  test('The server has the owner, the path at GitHub and the end of its life in its metadata', async () => {
    const before = Date.now();
    await at.launch(['--lifetime', '600']);
    const metadata = servers()[0]?.['metadata'] as Readonly<Record<string, string>>;
    expect(metadata).toMatchObject({
      [OWNER_KEYS.application]: 'app',
      [OWNER_KEYS.githubPath]: 'octo-org',
      [OWNER_KEYS.githubApiUrl]: at.github.apiUrl,
      [OWNER_KEYS.imageName]: IMAGE,
    });
    const life = Date.parse(metadata[OWNER_KEYS.keptUntil] ?? '') - before;
    expect(life).toBeGreaterThanOrEqual(600_000);
    expect(life).toBeLessThan(1_200_000);
  });

  test('A group of the organisation and a repository get the runner', async () => {
    expect((await at.launch(['--github-group', 'trial'])).code).toBe(0);
    expect(at.github.org.runners).toMatchObject([{ runner_group_id: 9 }]);
    expect((await at.launch(githubOptions(at, 'octo-org/hello'))).code).toBe(0);
    expect(at.github.repo.runners).toMatchObject([{ status: 'online' }]);
  });

  test('An older GitHub Enterprise Server registers the runner with a token, and a warning says so', async () => {
    at.github.state.hasJitConfigs = false;
    const { code, json } = await at.launch();
    expect(code).toBe(0);
    expect(at.github.org.runners).toMatchObject([{ name: json['runner'], status: 'online' }]);
    expect(json['warnings']).toEqual([expect.stringContaining('has no just-in-time configs')]);
    const [start] = at.starts;
    expect(start?.command).toContain('--ephemeral');
    expect(at.github.state.registrationTokens.has(start?.stdin.trimEnd() ?? '')).toBe(true);
  });

  test('An image file is uploaded first, and the next launch without an image takes it', async () => {
    await writeFile(`${at.folder}/disk.raw`, Buffer.alloc(50_000, 3));
    const own = ['runner', 'launch', '--os-cloud', 'builder', '--prefix', 'app', ...githubOptions(at)];
    const first = await at.run([...own, '--image-file', `${at.folder}/disk.raw`, '--network', 'lab']);
    expect(first.code).toBe(0);
    expect(first.json['labels']).toEqual(['app', 'noble-app-x64']);
    const second = await at.run([...own, '--network', 'lab']);
    expect(second.json['image_id']).toBe(first.json['image_id']);
  });

  test('A launch over a floating IP that nothing answers at releases the address', async () => {
    const { code, json } = await at.launch(['--floating-network', 'lab-ext', '--ssh-timeout', '20']);
    expect({ code, step: (json['error'] as Record<string, unknown>)['step'] }).toEqual({
      code: 4,
      step: 'connect over SSH',
    });
    expect(listLeft(at)).toEqual([]);
  });
});

describe('the secrets of a launch', () => {
  test('Token and config are in no output, argument, user data, metadata or command, only on the stdin of the start', async () => {
    const { out, err, json } = await at.launch(['--log-level', 'debug']);
    expect(at.starts).toEqual([{ command: START_JIT_COMMAND, stdin: expect.any(String) }]);
    const config = at.starts[0]?.stdin.trimEnd() ?? '';
    expect(at.github.state.secrets).toContain(config);
    const guests = at.emulator.cloud('a').state.guests?.all ?? [];
    const seen = [
      ...[out, err, JSON.stringify(json), JSON.stringify(servers())],
      ...guests.flatMap(({ machine, log, disk }) => [
        machine.userData,
        disk.text,
        ...log.map(({ command }) => command),
        ...log.filter(({ command }) => command !== START_JIT_COMMAND).map(({ stdin }) => stdin),
      ]),
    ].join('\n');
    for (const secret of at.github.state.secrets) expect(seen).not.toContain(secret);
    expect(seen).not.toContain('MARKED');
  });
});
