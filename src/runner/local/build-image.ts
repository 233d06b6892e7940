import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { listGuestParts } from '../../guest/parts.ts';
import { renderUserData } from '../../guest/user-data.ts';
import { getUbuntuImage } from '../../image-builder/base-images/ubuntu-images.ts';
import { toGuestContent } from '../../image-builder/build/guest/guest-content.ts';
import { checkGuest, cleanUpGuest, waitForCloudInit } from '../../image-builder/build/guest/guest-session.ts';
import { encodeInputs } from '../../image-builder/build/inputs.ts';
import { installParts } from '../../image-builder/build/guest/install-parts.ts';
import { NO_CHANNEL } from '../../model/image/channel.ts';
import { PARTS_STEP } from '../../model/guest/guest-parts.ts';
import { connectGuest } from '../../image-builder/build/guest/reach-guest.ts';
import type {
  CloudOpener,
  Deadlines,
  Downloads,
  GuestAccess,
  Maker,
  Recorder,
  RunSettings,
} from '../../image-builder/context.ts';
import { StepFailedError, runSteps } from '../../image-builder/steps.ts';
import { uploadImage } from '../../image-builder/store.ts';
import { type Arch, archNames } from '../../model/image/arch.ts';
import { ImageBuildError } from '../../model/errors.ts';
import type { GuestSourceOptions } from '../../model/guest/guest-options.ts';
import type { ProxySettings } from '../../model/proxy-settings.ts';
import type { ImageConfig } from '../../model/run-config.ts';
import type { CloudsYaml } from '../../openstack/login/clouds-yaml.ts';
import type { Image } from '../../openstack/images.ts';
import { getFirstAccess } from '../first-access.ts';
import type { GithubClient } from '../github/github-client.ts';
import type { GithubPath } from '../github/github-path.ts';
import { IMAGE_NAME_TMPL, renderImageName } from '../openstack-manager.ts';
import { findRunnerDownload } from '../runner-download.ts';
import { compressDisk, downloadImage, growDisk } from './disk.ts';
import { type LocalHost, findHypervisor } from './hypervisor.ts';
import { renderScript } from './render-script.ts';
import { renderSeed } from './seed.ts';
import { type Hardware, VirtualMachine } from './virtual-machine.ts';
import { FILES, createWorkFolder, requireFreeSpace, requireFolder, sweepWorkFolders } from './work-folder.ts';

/** The template of the name of the compressed disk image, in the work folder and in the output folder. */
export const IMAGE_PATH_TMPL = '{IMAGE_BASE}-server-cloudimg-{ARCH}-compressed.img';

/** The template of the image's name in the cloud, where `runner launch` finds it. */
export const IMAGE_NAME = IMAGE_NAME_TMPL;

/** The name of the file with everything that is run in the guest, for a person to read. It holds no secret. */
export const BUILD_OPENSTACK_IMAGE_SCRIPT_FILENAME = 'build-openstack-image.sh';

/** An image to build on this host. */
export interface LocalBuildRequest {
  readonly arch: Arch;
  /** The first cloud gets the image. */
  readonly cloudConfig: CloudsYaml;
  /** Names the runner to install, as the client of `path`. */
  readonly githubClient: GithubClient;
  readonly path: GithubPath;
  /** The proxies of the guest. */
  readonly proxies?: ProxySettings | undefined;
}

/** The settings of a local build that the request does not have. */
export interface LocalBuildSettings extends Pick<ImageConfig, 'base' | 'baseRelease' | 'content'> {
  readonly sources: GuestSourceOptions;
  /** The number of revisions of the image to keep in the cloud, the new one included. */
  readonly keepRevisions: number;
  readonly hardware: Hardware;
  /** The size of the guest's disk, in GiB. */
  readonly disk: number;
  /** The folder below which the build has its files. */
  readonly workFolder: string;
  /** The folder that gets the disk image and the script; empty: none. */
  readonly outputFolder: string;
}

/** Everything that a local build uses. */
export type LocalBuildContext = CloudOpener &
  Deadlines &
  Omit<GuestAccess, 'findSourceAddress'> &
  Maker &
  Recorder &
  Pick<Downloads, 'downloads' | 'cloudImagesUrl'> &
  Pick<RunSettings, 'ownerFilter' | 'findProcessState'> & {
    readonly host: LocalHost;
    readonly settings: LocalBuildSettings;
  };

/**
 * Builds an image in a virtual machine of this host and uploads it as a new revision; then older ones are pruned. No
 * file is left, except in the output folder. Throws StepFailedError caused by an ImageBuildError.
 */
export async function buildImage(request: LocalBuildRequest, context: LocalBuildContext): Promise<Image> {
  try {
    return await build(request, context);
  } catch (error) {
    if (!(error instanceof StepFailedError) || error.kind === 'cancelled') throw error;
    const cause = new ImageBuildError(error.first.message, { cause: error.first });
    throw new StepFailedError(error.step, error.leftovers, cause);
  }
}

async function build(request: LocalBuildRequest, context: LocalBuildContext): Promise<Image> {
  const { arch, cloudConfig, githubClient, path, proxies } = request;
  const { owner, record, settings } = context;
  const { base, baseRelease, content, sources, hardware, disk, workFolder, outputFolder } = settings;
  const access = getFirstAccess(cloudConfig, context);
  const connection = await context.openCloud(access);
  return runSteps(context, async (step) => {
    // Prepare. These steps leave nothing.
    const hypervisor = await step('check host', async () => {
      await requireFolder('--work-folder', workFolder);
      if (outputFolder !== '') await requireFolder('--output-folder', outputFolder);
      return findHypervisor(arch, context.host, context);
    });
    await step('sweep leftovers', async () => record({ swept: await sweepWorkFolders(workFolder, context) }));
    const runner = await step('resolve runner release', () =>
      findRunnerDownload(githubClient.withSignal(context.signal), path, arch),
    );
    const parts = listGuestParts(
      toGuestContent(
        { base, arch, content, juju: NO_CHANNEL, microk8s: NO_CHANNEL },
        { proxy: proxies, sources, dockerhubCache: undefined },
        runner,
      ),
    );
    const source = await step('find base image', () => getUbuntuImage(context, { base, arch, baseRelease }));
    record({ runnerVersion: runner.version, baseSha256: source.sha256 });

    // Boot a virtual machine from a copy of the base image.
    const folder = await step('create work folder', () => createWorkFolder(workFolder, context), {
      cleanUp: async (made) => made && rm(made, { recursive: true, force: true }),
    });
    const tools = { qemuImg: hypervisor.qemuImg, folder };
    const script = renderScript(parts);
    await step('prepare base image', async () => {
      await requireFreeSpace(folder, disk);
      await writeFile(join(folder, BUILD_OPENSTACK_IMAGE_SCRIPT_FILENAME), script, { mode: 0o600 });
      await downloadImage(source, join(folder, FILES.disk), context);
      await growDisk(FILES.disk, disk, tools, context);
    });
    const { publicKey, privateKey } = context.generateKeyPair('github-runner-image-builder', 'ed25519');
    const machine = await step(
      'boot guest',
      async () => {
        const seed = renderSeed({ id: randomUUID(), publicKey, userData: renderUserData(owner.buildId) });
        await writeFile(join(folder, FILES.seed), seed, { mode: 0o600 });
        return VirtualMachine.start(hypervisor, folder, { ...hardware, sshPort: context.sshPort });
      },
      { cleanUp: (started) => started?.stop() },
    );
    const running = { ...context, signal: AbortSignal.any([context.signal, machine.ended]) };
    const hostKeyFingerprints = await step('wait for host key', ({ onWait }) =>
      machine.waitForHostKeys({ ...running, onWait }),
    );
    const server = { id: 'on this host', addresses: ['127.0.0.1'] };
    const session = await step(
      'connect over SSH',
      (watch) =>
        connectGuest(
          context,
          server,
          { hostKeyFingerprints, privateKey },
          { ...context, ...watch, sshPort: machine.port },
        ),
      { cleanUp: (open) => open?.close() },
    );

    // Bring the guest to its final state, as a build in a cloud does.
    const guest = { session, parts };
    await machine.during(async () => {
      await step('wait for cloud-init', ({ onWait }) => waitForCloudInit(guest, { ...running, onWait }));
      await step(PARTS_STEP, ({ onWait }) => installParts(guest, { ...running, onWait }));
      await step('check guest', ({ onWait }) => checkGuest(guest, { ...running, onWait }));
      await step('clean up guest', ({ onWait }) => cleanUpGuest(guest, { ...running, onWait }));
    }, context);
    await step('stop guest', (watch) => machine.powerOff({ ...context, ...watch }));

    // Store the image. The upload is complete before older revisions are pruned.
    const imagePath = join(folder, renderImagePath(base, arch));
    await step('compress image', () => compressDisk(FILES.disk, imagePath, tools, context));
    const image = await uploadImage(
      {
        ...{
          arch,
          cloudName: access.name,
          imageName: renderImageName(base, owner.application, arch),
          imagePath,
        },
        ...{ keepRevisions: settings.keepRevisions, minDisk: disk },
        properties: encodeInputs({
          arch,
          baseSha256: source.sha256,
          runner,
          parts,
          script: '',
          imageProperties: '',
        }),
      },
      { ...context, connect: () => Promise.resolve(connection) },
    );
    record({ imageId: image.id, ...(image.size === undefined ? {} : { imageBytes: image.size }) });
    if (outputFolder !== '') {
      await step('copy image', async () => {
        for (const name of [renderImagePath(base, arch), BUILD_OPENSTACK_IMAGE_SCRIPT_FILENAME]) {
          const target = join(outputFolder, name);
          const copy = `${target}.${base}-${arch}.new`; // builds of other bases write the script too
          try {
            await copyFile(join(folder, name), copy);
            await rename(copy, target);
          } finally {
            await rm(copy, { force: true });
          }
        }
      });
    }
    return image;
  });
}

function renderImagePath(base: ImageConfig['base'], arch: Arch): string {
  return IMAGE_PATH_TMPL.replace('{IMAGE_BASE}', base).replace('{ARCH}', archNames(arch).ubuntu);
}
