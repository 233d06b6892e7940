import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StepFailedError } from '../../../src/image-builder/steps.ts';
import { ImageBuildError } from '../../../src/model/errors.ts';
import { DEFAULT_CONTENT, DEFAULT_SOURCES } from '../../../src/model/guest/guest-options.ts';
import { parseGuestParts } from '../../../src/model/guest/guest-parts.ts';
import { Secret } from '../../../src/model/secret.ts';
import { type CloudsYaml, parseCloudsYaml } from '../../../src/openstack/login/clouds-yaml.ts';
import { GithubClient } from '../../../src/runner/github/github-client.ts';
import {
  type LocalBuildRequest,
  type LocalBuildSettings,
  buildImage,
} from '../../../src/runner/local/build-image.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { openProgramContext } from '../../support/program-context.ts';
import { IMAGE, LEFT_OUT, describeWithQemuImg, useLocalBuild } from './use-local-build.ts';

describeWithQemuImg('buildImage', () => {
  const at = useLocalBuild();
  let program: ReturnType<typeof openProgramContext>;
  let githubClient: GithubClient;

  beforeEach(() => {
    program = openProgramContext({
      ...{ clock: systemClock, folder: at.folder, sshPort: 22, cloudImagesUrl: at.mirror.url },
    });
    githubClient = new GithubClient({
      ...{
        http: program.context.downloads,
        clock: systemClock,
        apiUrl: at.github.apiUrl,
        apiTimeoutMs: 60_000,
      },
      auth: { method: 'token', token: new Secret(at.github.token) },
      onSecret: () => undefined,
    });
  });
  afterEach(() => program.close());

  const build = async (change: Partial<LocalBuildRequest> = {}) => {
    const proxy = new Secret('http://proxy.example.com:3128');
    const proxies = { http: proxy, https: proxy, noProxy: new Secret(''), source: 'option' } as const;
    const path = { owner: 'octo-org', repo: 'hello' };
    const request: LocalBuildRequest = {
      arch: 'x64',
      cloudConfig: await readClouds(),
      githubClient,
      path,
      proxies,
    };
    const settings: LocalBuildSettings = {
      base: 'noble',
      baseRelease: '',
      content: { ...DEFAULT_CONTENT, leftOutParts: parseGuestParts(LEFT_OUT, () => undefined) },
      sources: DEFAULT_SOURCES,
      keepRevisions: 1,
      disk: 1,
      workFolder: join(at.folder, 'work'),
      outputFolder: '',
      hardware: { cpus: 1, memory: 512, lifetime: 600 },
    };
    const host = { searchPath: join(at.folder, 'bin'), arch: 'x64' };
    return buildImage({ ...request, ...change }, { ...program.context, host, settings });
  };

  async function readClouds(): Promise<CloudsYaml> {
    const yaml = parseCloudsYaml(await readFile(join(at.folder, 'clouds.yaml'), 'utf8'), 'clouds.yaml');
    return { ...yaml, clouds: new Map([['consumer', yaml.clouds.get('consumer')]]) };
  }

  test('The image that is returned is in the first cloud, and was built with the runner of the repository', async () => {
    const image = await build();
    expect(image).toMatchObject({ name: IMAGE, status: 'active' });
    expect(at.emulator.cloud('b').state.images.get(image.id)).toMatchObject({
      ...{ status: 'active', image_builder_runner_version: '2.331.0' },
    });
    expect(at.github.requests).toContain('GET /repos/octo-org/hello/actions/runners/downloads');
  });

  test('A build that fails is an ImageBuildError', async () => {
    await at.standIn('no start');
    const error = await failureOf(build({ proxies: undefined }));
    expect(error).toBeInstanceOf(StepFailedError);
    expect(error.cause).toBeInstanceOf(ImageBuildError);
    expect(await at.left()).toEqual([]);
  });
});
