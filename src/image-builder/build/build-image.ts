import { encodeScriptSecrets } from '../../guest/external-script.ts';
import { listLayerStages } from '../../guest/layers.ts';
import { listGuestParts } from '../../guest/parts.ts';
import { renderUserData } from '../../guest/user-data.ts';
import { archNames } from '../../model/image/arch.ts';
import { PARTS_STEP } from '../../model/guest/guest-parts.ts';
import { copiedIds } from '../../model/image/image-copy.ts';
import { readImageProperties } from '../../model/image/image-properties.ts';
import { buildResourceName } from '../../model/image/names.ts';
import { listFlavors } from '../../openstack/flavors.ts';
import { listNetworks } from '../../openstack/networks.ts';
import { stopServer } from '../../openstack/servers.ts';
import { ensureBaseImage } from '../base-images/base-images.ts';
import { type FlavorMinimum, chooseBuildFlavor } from './choose-flavor.ts';
import { chooseNetwork } from './choose-network.ts';
import type { CloudConfig, ImageConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { distributeAndPrune } from '../distribute/distribute-and-prune.ts';
import { SCRIPT_STEP, fetchScript, runScript } from './guest/external-script.ts';
import { checkGuest, cleanUpGuest, waitForCloudInit } from './guest/guest-session.ts';
import { chooseFloatingNetwork, createBuilderAddress, removeBuilderAddress } from './builder-address.ts';
import { createBootVolume, removeVolumes, requireBlockStorage, waitForVolume } from './boot-volume.ts';
import { importKeypair, removeKeypair } from './builder-keypair.ts';
import { toGuestContent } from './guest/guest-content.ts';
import { findLayer } from './find-layer.ts';
import { encodeInputs, encodeLayerInputs } from './inputs.ts';
import { installParts } from './guest/install-parts.ts';
import { keepServer, keptMetadata } from './kept-server.ts';
import { connectGuest, waitForHostKeys, waitForServer } from './guest/reach-guest.ts';
import { removeServer, removeServers } from './remove-server.ts';
import { reportCase } from './report-case.ts';
import { requestServer } from './request-server.ts';
import { resolveRunnerRelease } from './runner-release.ts';
import { buildMetadata } from './server-image.ts';
import { admitThisMachine, ensureSharedSecurityGroup } from './shared-security-group.ts';
import { runSteps } from '../steps.ts';
import { createSnapshot } from '../store.ts';
import { sweepLeftovers } from '../cleanup/sweep.ts';

/** The parameters of one build. */
export interface BuildRequest {
  readonly cloud: CloudConfig;
  readonly image: ImageConfig;
  /** The number of revisions to keep; nothing is pruned when undefined. */
  readonly keepRevisions: number | undefined;
  /** The name of the security group that the application's servers share. */
  readonly securityGroup: string;
  readonly minimum: FlavorMinimum;
}

/**
 * Runs a whole build, from the choice of a flavor to the copies in other clouds. A step's undo is registered before the
 * step starts. The undos run, the newest first, when the image is stored or a step has failed.
 * Returns the image's id in each upload cloud, joined by commas; without upload clouds, its id in the build cloud.
 */
export async function buildImage(request: BuildRequest, context: Context): Promise<string> {
  const { image, keepRevisions } = request;
  const { layerId, isLayer = false } = image;
  const {
    cloudName,
    flavor,
    network,
    floatingNetwork = '',
    sshCidrs: sources = [],
    prefix,
    uploadCloudNames,
    withinCloud = 'copy',
  } = request.cloud;
  const { owner, scriptSecrets, record } = context;
  const connection = await context.connect(cloudName);
  const cloud = connection.withSignal(context.signal);
  const undoCloud = connection.withSignal(); // undos also run after SIGTERM
  const name = buildResourceName(prefix, image.name, owner.buildId);

  const { id: imageId } = await runSteps(context, async (step) => {
    // Prepare. These steps create nothing that belongs to this build alone.
    encodeScriptSecrets(scriptSecrets); // rejects names that no shell accepts
    const chosenFlavor = await step('choose flavor', async () =>
      reportCase(
        chooseBuildFlavor(await listFlavors(cloud), flavor, request.minimum),
        flavor,
        'choose flavor',
        context,
      ),
    );
    const hasDisk = chosenFlavor.disk > 0; // without one, the server boots from a volume
    if (!hasDisk) await step('find block storage', () => requireBlockStorage(cloud, chosenFlavor));
    const networks = await step('choose network', async () => {
      const found = await listNetworks(cloud);
      const own = reportCase(chooseNetwork(found, network), network, 'choose network', context);
      const external = chooseFloatingNetwork(found, floatingNetwork);
      return {
        own,
        external: external && reportCase(external, floatingNetwork, 'choose network', context),
      };
    });
    await step('sweep leftovers', async () => record({ swept: await sweepLeftovers(cloud, context) }));
    const runner = await step('resolve runner release', async () => {
      const found = await resolveRunnerRelease(context, image.arch, image.runnerVersion);
      const means = `flavor ${chosenFlavor.name}, network ${networks.own.name}, runner ${found.version}`;
      const why = image.reason === undefined ? '' : ` (${image.reason})`;
      const text = `builds ${image.name}${why} in cloud ${cloudName}: ${means}`;
      context.report({ kind: 'heading', step: 'resolve runner release', text });
      return found;
    });
    const all = listGuestParts(toGuestContent(image, request.cloud, runner)); // rejects proxies that no guest can use
    const parts = isLayer ? (listLayerStages(all).at(-1) ?? []) : all;
    const hasScript = image.scriptUrl !== '';
    const script = hasScript
      ? await step('fetch external script', () => fetchScript(image.scriptUrl, context))
      : '';
    const securityGroup = await step('ensure security group', () =>
      ensureSharedSecurityGroup(cloud, request.securityGroup, { ...context, sources }),
    );
    const base =
      layerId === undefined
        ? await step('prepare base image', async (watch) => {
            const { imageId, sha256 } = await ensureBaseImage(
              cloud,
              { ...image, prefix },
              { ...context, ...watch },
            );
            return { imageId, sha256, remaining: parts };
          })
        : await step('find layer', () => findLayer(cloud, layerId, { arch: image.arch, parts }, owner));
    record({
      runnerVersion: runner.version,
      flavor: chosenFlavor.name,
      network: networks.own.name,
      ...(layerId === undefined ? { baseImageId: base.imageId } : { layerId }),
      baseSha256: base.sha256,
    });
    let isServerKept = false;

    // Boot a server and reach its guest.
    const { privateKey } = await step('create keypair', () => importKeypair(cloud, name, context), {
      cleanUp: (made) => removeKeypair(undoCloud, name, context, made !== undefined),
      unless: () => isServerKept,
    });
    const bootVolume = {
      name,
      imageId: base.imageId,
      imageName: image.name,
      minimum: request.minimum.disk,
    };
    const volumeId = hasDisk
      ? undefined
      : await step('create volume', () => createBootVolume(cloud, bootVolume, context), {
          cleanUp: (id, watch) => removeVolumes(undoCloud, name, id, { ...context, ...watch }),
          unless: () => isServerKept,
        });
    if (volumeId !== undefined) {
      await step('wait for volume', (watch) =>
        waitForVolume(cloud, volumeId, 'serverTimeout', { ...context, ...watch }),
      );
    }
    const spec = {
      name,
      imageId: base.imageId,
      volumeId,
      flavorId: chosenFlavor.id,
      networkId: networks.own.id,
      securityGroupId: securityGroup.id,
      keypair: name,
      userData: renderUserData(owner.buildId),
      metadata: { ...buildMetadata('server', image.name, context), ...keptMetadata(context) },
    };
    const serverId = await step('create server', () => requestServer(cloud, spec, chosenFlavor), {
      cleanUp: (id, watch) => removeServers(undoCloud, name, id, { ...context, ...watch }),
      unless: () => isServerKept,
    });
    record({ serverId });
    const { addresses: own } = await step('wait for server', (watch) =>
      waitForServer(cloud, serverId, 'ACTIVE', { ...context, ...watch }),
    );
    const { external } = networks;
    const floating =
      external &&
      (await step('create floating IP', () => createBuilderAddress(cloud, external, serverId, context), {
        cleanUp: (made) => removeBuilderAddress(undoCloud, made?.id, context),
        unless: () => isServerKept,
      }));
    const server = { id: serverId, addresses: floating === undefined ? own : [floating.address] };
    await step('allow SSH', () => admitThisMachine(cloud, securityGroup, server.addresses, context));
    const hostKeyFingerprints = await step('wait for host key', (watch) =>
      waitForHostKeys(cloud, serverId, { ...context, ...watch }),
    );
    const session = await step(
      'connect over SSH',
      (watch) => connectGuest(cloud, server, { hostKeyFingerprints, privateKey }, { ...context, ...watch }),
      { cleanUp: (open) => open?.close() },
    );

    // Bring the guest to its final state. A failure before the clean-up, which removes the keys, may keep the server.
    const guest = { cloud, serverId, session, parts };
    const installed = { session, parts: base.remaining };
    try {
      await step('wait for cloud-init', (watch) => waitForCloudInit(guest, { ...context, ...watch }));
      await step(PARTS_STEP, (watch) => installParts(installed, { ...context, ...watch }));
      await step('check guest', (watch) => checkGuest(guest, { ...context, ...watch }));
      if (script !== '')
        await step(SCRIPT_STEP, (watch) => runScript(guest, script, { ...context, ...watch }));
    } catch (error) {
      const reached = { ...server, name, hostKeyFingerprints, privateKey };
      isServerKept = await keepServer(reached, spec.metadata, context);
      throw error;
    }
    await step('clean up guest', (watch) => cleanUpGuest(guest, { ...context, ...watch }));
    await step('stop server', async (watch) => {
      await stopServer(cloud, serverId);
      await waitForServer(cloud, serverId, 'SHUTOFF', { ...context, ...watch });
    });
    if (volumeId !== undefined) {
      await step('detach volume', async (watch) => {
        await removeServer(cloud, serverId, { ...context, ...watch }); // Cinder makes no image of an attached volume
        await waitForVolume(cloud, volumeId, 'deleteTimeout', { ...context, ...watch });
      });
    }

    // Store the image. The steps of the snapshot: create image, wait for image, name image; then older ones are pruned.
    const { arch, imageProperties } = image;
    const { sha256: baseSha256 } = base;
    const inputs = isLayer
      ? encodeLayerInputs({ arch, baseSha256, parts })
      : encodeInputs({ arch, baseSha256, runner, parts, script, imageProperties });
    const properties = {
      ...readImageProperties(imageProperties),
      ...inputs,
      architecture: archNames(arch).openstack,
    };
    const snapshot = {
      cloudName,
      imageName: image.name,
      server: { id: serverId },
      volume: volumeId === undefined ? undefined : { id: volumeId },
      keepRevisions,
      properties,
      kind: isLayer ? ('layer' as const) : ('runner' as const),
    };
    return createSnapshot(snapshot, context);
    // The undos run here: close the session, delete the server, the volume and the keypair.
  });

  // Copy the image into the upload clouds and prune each of them.
  if (uploadCloudNames.length === 0) return imageId;
  const distribution = { cloudName, imageId, destinations: uploadCloudNames, within: withinCloud };
  return copiedIds(await distributeAndPrune(distribution, keepRevisions, context)).join(',');
}
