import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Context, CloudOpener } from '../../src/image-builder/context.ts';
import { UnauthorizedError } from '../../src/model/cloud/cloud-errors.ts';
import {
  CloudsYAMLError,
  GetImageError,
  OpenstackConnectionError,
  UploadImageError,
} from '../../src/model/errors.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import { type CloudsYaml, parseCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import {
  IMAGE_NAME_TMPL,
  OpenstackManager,
  type UploadImageConfig,
  listProjects,
} from '../../src/runner/openstack-manager.ts';
import { StepFailedError } from '../../src/image-builder/steps.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { Closers } from '../support/closers.ts';
import { connectTo } from '../support/http-connect.ts';
import { useTestTools } from '../image-builder/make-test-tools.ts';
import { useEmulator } from '../image-builder/use-emulator.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const DATA = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(100_000, 7)]);
const UPLOADED = 'noble-app-arm64';
let folder = '';
const closers = new Closers();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manager-'));
});
afterEach(async () => {
  await closers.close();
  await rm(folder, { recursive: true });
});

/** Returns the emulator's clouds.yaml with one cloud. */
function cloudConfigOf(name: string): CloudsYaml {
  const yaml = parseCloudsYaml(at.emulator.cloudsYaml(), 'clouds.yaml');
  return { ...yaml, clouds: new Map([[name, yaml.clouds.get(name)]]) };
}

/** Returns a context that opens the clouds that it is asked to open. */
function makeContext(): { tools: Context & CloudOpener; warnings: readonly string[] } {
  const { tools, warnings } = makeTools();
  const openCloud: CloudOpener['openCloud'] = async (access) => {
    const connection = await connectTo('', { clock: at.clock, access });
    closers.add(() => connection.close());
    return connection;
  };
  return { tools: { ...tools, openCloud }, warnings };
}

const manager = (): OpenstackManager => new OpenstackManager(cloudConfigOf('builder'), makeContext().tools);

async function uploadConfig(change: Partial<UploadImageConfig> = {}): Promise<UploadImageConfig> {
  const srcPath = join(folder, 'image.qcow2');
  await writeFile(srcPath, DATA);
  return { arch: 'arm64', appName: 'app', base: 'noble', numRevisions: 2, srcPath, ...change };
}

describe('OpenstackManager', () => {
  test('The name of an uploaded image follows IMAGE_NAME_TMPL, and its data and architecture are those of the config', async () => {
    const id = await manager().uploadImage(await uploadConfig());
    expect(IMAGE_NAME_TMPL).toBe('{IMAGE_BASE}-{APP_NAME}-{ARCH}');
    expect(at.images.get(id)).toMatchObject({
      name: UPLOADED,
      status: 'active',
      architecture: 'aarch64',
    });
    expect(at.openstack.state.imageData.get(id)?.equals(DATA)).toBe(true);
  });

  test('An upload keeps the given number of revisions, and deletes the older ones after the new one is active', async () => {
    const name = UPLOADED;
    for (const id of ['1', '2', '3']) at.add({ id: `11111111-2222-4333-8444-55555555555${id}`, name });
    const during: number[] = [];
    at.openstack.faults.onNext('PUT /image/v2/images/*/file', () => during.push(at.named().length));
    const id = await manager().uploadImage(await uploadConfig());
    expect(during).toEqual([3]);
    expect(at.named().map((image) => image.id)).toEqual(['11111111-2222-4333-8444-555555555553', id]);
  });

  test('An upload that fails leaves no image and is an UploadImageError', async () => {
    at.openstack.killNextUpload();
    const error = await failureOf(manager().uploadImage(await uploadConfig()));
    expect(error).toBeInstanceOf(StepFailedError);
    expect(error.cause).toBeInstanceOf(UploadImageError);
    expect(at.images.size).toBe(0);
  });

  test('The latest image is the newest active one of its base, application and architecture', async () => {
    const uploaded = manager();
    expect(await uploaded.getLatestImageId('noble', 'app', 'arm64')).toBeUndefined();
    await uploaded.uploadImage(await uploadConfig());
    at.clock.advance(2000); // Glance's times have whole seconds
    const newest = await uploaded.uploadImage(await uploadConfig());
    at.clock.advance(2000);
    await uploaded.uploadImage(await uploadConfig({ arch: 'x64' }));
    expect(await uploaded.getLatestImageId('noble', 'app', 'arm64')).toBe(newest);
    expect(await uploaded.getLatestImageId('jammy', 'app', 'arm64')).toBeUndefined();
    expect(await uploaded.getLatestImageId('noble', 'other', 'arm64')).toBeUndefined();
  });

  test('A wrong password is an UnauthorizedError that says what to check', async () => {
    const cloudConfig = cloudConfigOf('builder');
    at.openstack.setPassword('builder', 'another');
    const denied = new OpenstackManager(cloudConfig, makeContext().tools);
    for (const call of [
      denied.getLatestImageId('noble', 'app', 'x64'),
      denied.uploadImage(await uploadConfig()),
      listProjects(cloudConfig, makeContext().tools),
    ]) {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(UnauthorizedError);
      expect(error.message).toContain('check the credentials in clouds.yaml');
    }
  });

  test('A cloud that does not answer is an OpenstackConnectionError, which the errors of images have as their cause', async () => {
    const stopped = manager();
    const config = await uploadConfig();
    const cloudConfig = cloudConfigOf('builder');
    await at.openstack.stop();
    const found = await failureOf(stopped.getLatestImageId('noble', 'app', 'arm64'));
    expect(found).toBeInstanceOf(GetImageError);
    expect(found.cause).toBeInstanceOf(OpenstackConnectionError);
    expect(found).toMatchObject({ kind: 'unavailable' });
    const uploaded = await failureOf(stopped.uploadImage(config));
    expect(uploaded).toBeInstanceOf(UploadImageError);
    expect(uploaded.cause).toBeInstanceOf(OpenstackConnectionError);
    const listed = await failureOf(listProjects(cloudConfig, makeContext().tools));
    expect(listed).toBeInstanceOf(OpenstackConnectionError);
    await at.openstack.start();
  });

  test('A listing that fails after the login is a GetImageError', async () => {
    at.disturb('GET /image/v2/images', { status: 503 });
    expect(await failureOf(manager().getLatestImageId('noble', 'app', 'x64'))).toBeInstanceOf(GetImageError);
  });

  test('A clouds.yaml with several clouds uses the first one and warns', async () => {
    const { tools, warnings } = makeContext();
    const several = new OpenstackManager(
      parseCloudsYaml(at.emulator.cloudsYaml(), '/home/me/clouds.yaml'),
      tools,
    );
    await several.uploadImage(await uploadConfig());
    expect(at.named()).toHaveLength(1);
    expect(warnings).toEqual([
      '/home/me/clouds.yaml: uses cloud builder of 5; set --os-cloud to choose another',
    ]);
  });

  test('An entry of clouds.yaml that cannot be used is refused when the manager is created', () => {
    const create = () =>
      new OpenstackManager(parseCloudsYaml('clouds: {a: {auth: 1}}', 'c.yaml'), makeContext().tools);
    expect(create).toThrow(CloudsYAMLError);
  });
});
