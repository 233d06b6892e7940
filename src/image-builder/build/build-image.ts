import { encodeScriptSecrets } from '../../guest/external-script.ts';
import { listGuestParts } from '../../guest/parts.ts';
import { renderUserData } from '../../guest/user-data.ts';
import { archNames } from '../../model/arch.ts';
import { copiedIds } from '../../model/image-copy.ts';
import { encodeKeypairComment, findKeypairMetadata } from '../../model/keypair-comment.ts';
import { buildResourceName } from '../../model/names.ts';
import { OWNER_KEYS } from '../../model/owner.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { listFlavors } from '../../openstack/flavors.ts';
import { createKeypair, deleteKeypair, listKeypairs } from '../../openstack/keypairs.ts';
import { listNetworks } from '../../openstack/networks.ts';
import { createServer, listServers, stopServer } from '../../openstack/servers.ts';
import { ensureBaseImage } from '../base-images/base-images.ts';
import { type FlavorMinimum, chooseFlavor } from './choose-flavor.ts';
import { chooseNetwork } from './choose-network.ts';
import type { CloudConfig, ImageConfig } from '../config.ts';
import type { Context, Deadlines, Maker } from '../context.ts';
import { distributeAndPrune } from '../distribute/distribute-and-prune.ts';
import { fetchScript, runScript } from './external-script.ts';
import { checkGuest, cleanUpGuest, reportParts, waitForCloudInit } from './guest-session.ts';
import { encodeInputs } from './inputs.ts';
import { connectGuest, waitForHostKeys, waitForServer } from './reach-guest.ts';
import { removeServer } from './remove-server.ts';
import { resolveRunnerRelease } from './runner-release.ts';
import { buildMetadata } from './server-image.ts';
import { ensureSharedSecurityGroup } from './shared-security-group.ts';
import { runSteps } from '../steps.ts';
import { createSnapshot } from '../store.ts';
import { sweepLeftovers } from '../cleanup/sweep.ts';

/** The parameters of one build. */
export interface BuildRequest {
  readonly cloud: CloudConfig;
  readonly image: ImageConfig;
  /** The number of revisions to keep; nothing is pruned when undefined. */
  readonly keepRevisions: number | undefined;
  /** The name of the security group that builders share. */
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
  const { cloudName, flavor, network, prefix, uploadCloudNames, withinCloud = 'copy' } = request.cloud;
  const { owner, scriptSecrets, record } = context;
  const connection = await context.connect(cloudName);
  const cloud = connection.withSignal(context.signal);
  const undoCloud = connection.withSignal(); // undos also run after SIGTERM
  const name = buildResourceName(prefix, image.base, image.arch, owner.buildId);

  const { id: imageId } = await runSteps(context, async (step) => {
    // Prepare. These steps create nothing that belongs to this build alone.
    encodeScriptSecrets(scriptSecrets); // rejects names that no shell accepts
    const chosenFlavor = await step('choose flavor', async () =>
      chooseFlavor(await listFlavors(cloud), flavor, request.minimum),
    );
    const chosenNetwork = await step('choose network', async () =>
      chooseNetwork(await listNetworks(cloud), network),
    );
    await step('sweep leftovers', async () => record({ swept: await sweepLeftovers(cloud, context) }));
    const runner = await step('resolve runner release', () =>
      resolveRunnerRelease(context, image.arch, image.runnerVersion),
    );
    const hasScript = image.scriptUrl !== '';
    const script = hasScript
      ? await step('fetch external script', () => fetchScript(image.scriptUrl, context))
      : '';
    const securityGroup = await step('ensure security group', () =>
      ensureSharedSecurityGroup(cloud, request.securityGroup, context.sshPort),
    );
    const base = await step('prepare base image', () =>
      ensureBaseImage(cloud, { ...image, prefix }, context),
    );
    record({
      runnerVersion: runner.version,
      flavor: chosenFlavor.name,
      network: chosenNetwork.name,
      baseImageId: base.imageId,
      baseSha256: base.sha256,
    });
    const parts = listGuestParts({ runner });

    // Boot a server and reach its guest.
    const keys = context.generateKeyPair(encodeKeypairComment(owner, context.process));
    await step('create keypair', () => createKeypair(cloud, { name, publicKey: keys.publicKey }), {
      cleanUp: () => removeKeypair(undoCloud, name, context),
    });
    const spec = {
      name,
      imageId: base.imageId,
      flavorId: chosenFlavor.id,
      networkId: chosenNetwork.id,
      securityGroupId: securityGroup.id,
      keypair: name,
      userData: renderUserData(owner.buildId, parts),
      metadata: buildMetadata('server', image.name, context),
    };
    const serverId = await step('create server', () => createServer(cloud, spec), {
      cleanUp: (id) => removeServers(undoCloud, name, id, context),
    });
    record({ serverId });
    const server = await step('wait for server', () => waitForServer(cloud, serverId, 'ACTIVE', context));
    const hostKeyFingerprints = await step('wait for host key', () =>
      waitForHostKeys(cloud, serverId, context),
    );
    const { privateKey } = keys;
    const session = await step(
      'connect over SSH',
      () => connectGuest(cloud, server, { hostKeyFingerprints, privateKey }, context),
      { cleanUp: (open) => open?.close() },
    );

    // Bring the guest to its final state.
    const guest = { cloud, serverId, session, parts };
    await step('wait for cloud-init', () => waitForCloudInit(guest, context));
    await step('report parts', async () => record({ parts: await reportParts(guest, context) }));
    await step('check guest', () => checkGuest(guest, context));
    if (script !== '') await step('run external script', () => runScript(guest, script, context));
    await step('clean up guest', () => cleanUpGuest(guest, context));
    await step('stop server', async () => {
      await stopServer(cloud, serverId);
      await waitForServer(cloud, serverId, 'SHUTOFF', context);
    });

    // Store the image. The steps of the snapshot: create image, wait for image, name image; then older ones are pruned.
    const inputs = encodeInputs({ arch: image.arch, baseSha256: base.sha256, runner, parts, script });
    const properties = { ...inputs, architecture: archNames(image.arch).openstack };
    const snapshot = {
      cloudName,
      imageName: image.name,
      server: { id: serverId },
      keepRevisions,
      properties,
    };
    return createSnapshot(snapshot, context);
    // The undos run here: close the session, delete the server, delete the keypair.
  });
  record({ imageId });

  // Copy the image into the upload clouds and prune each of them.
  if (uploadCloudNames.length === 0) return imageId;
  const distribution = { cloudName, imageId, destinations: uploadCloudNames, within: withinCloud };
  return copiedIds(await distributeAndPrune(distribution, keepRevisions, context)).join(',');
}

/** Deletes the keypair if this process created it: the creation fails when another keypair has the name. */
async function removeKeypair(cloud: Cloud, name: string, { process }: Pick<Maker, 'process'>): Promise<void> {
  const found = (await listKeypairs(cloud)).find((keypair) => keypair.name === name);
  const metadata = found && findKeypairMetadata(found.publicKey);
  if (metadata?.[OWNER_KEYS.process] === process) await deleteKeypair(cloud, name);
}

/** Deletes the server; without its id, every server of the name, which is unique to this build. */
async function removeServers(
  cloud: Cloud,
  name: string,
  id: string | undefined,
  context: Pick<Deadlines, 'timeouts'>,
): Promise<void> {
  const named =
    id === undefined ? (await listServers(cloud)).filter((server) => server.name === name) : [{ id }];
  for (const server of named) await removeServer(cloud, server.id, context);
}
