import { describe, expect, test } from '@jest/globals';
import { listRequestSecrets } from '../../src/cli/known-secrets.ts';
import type { Host, LocalBuildCommand } from '../../src/cli/request.ts';
import { Secret } from '../../src/model/secret.ts';
import { ask } from './ask.ts';

const HOST: Partial<Host> = { githubToken: new Secret('token'), searchPath: '/usr/bin' };

function askLocal(more: readonly string[] = [], host: Partial<Host> = {}): LocalBuildCommand {
  const request = ask(['build-local', '--github-path', 'octo-org', ...more], { ...HOST, ...host });
  if (request.command !== 'build-local') throw new Error('expected the request of a local build');
  return request;
}

describe('build-local', () => {
  test('A local build has bounds by default', () => {
    expect(askLocal()).toMatchObject({
      ...{ arch: 'x64', proxy: undefined, host: { searchPath: '/usr/bin', arch: 'x64' } },
      settings: {
        ...{ base: 'noble', keepRevisions: 1, disk: 20, workFolder: '/var/tmp', outputFolder: '' },
        hardware: { cpus: 2, memory: 2048, lifetime: 14_400 },
      },
      github: { path: { org: 'octo-org', group: '' } },
    });
  });

  test('The serial of the base and the limits are those of the options', () => {
    const given = askLocal([
      ...['--base-image', 'jammy', '--base-image-release', 'jammy=20260801'],
      ...['--disk', '8', '--memory', '1024', '--cpus', '4', '--lifetime', '600', '-k', '3'],
    ]);
    expect(given.settings).toMatchObject({
      ...{ base: 'jammy', baseRelease: '20260801', disk: 8, keepRevisions: 3 },
      hardware: { cpus: 4, memory: 1024, lifetime: 600 },
    });
  });

  test('A proxy with a login comes from the descriptor, and no output may contain its password', () => {
    const proxy = 'http://me:hidden-word@proxy.example.com:3128';
    const text = JSON.stringify({
      ...{ generation: 1, scriptUrl: '', scriptSecrets: {}, openstackCa: '' },
      proxy: { http: proxy, https: proxy, noProxy: '' },
    });
    const request = askLocal(['--secrets-fd', '3'], { readDescriptor: () => text });
    expect(request.proxy?.http.reveal()).toBe(proxy);
    expect(listRequestSecrets(request).map((secret) => secret.reveal())).toContain('hidden-word');
  });

  test('A script in the descriptor is refused', () => {
    const proxy = { http: '', https: '', noProxy: '' };
    const text = JSON.stringify({
      generation: 1,
      scriptUrl: 'https://x/s',
      scriptSecrets: {},
      proxy,
      openstackCa: '',
    });
    expect(() => askLocal(['--secrets-fd', '3'], { readDescriptor: () => text })).toThrow(
      '--secrets-fd: expected no scriptUrl for a local build, got one',
    );
  });

  test('A local build without a login at GitHub is refused', () => {
    expect(() => askLocal([], { githubToken: undefined })).toThrow(
      'IMAGE_BUILDER_GITHUB_TOKEN: expected a token',
    );
  });
});
