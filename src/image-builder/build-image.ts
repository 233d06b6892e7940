import { encodeScriptSecrets } from '../guest/external-script.ts';
import { listGuestParts } from '../guest/parts.ts';
import { renderUserData } from '../guest/user-data.ts';
import { encodeKeypairComment, findKeypairMetadata } from '../model/keypair-comment.ts';
import { buildResourceName } from '../model/names.ts';
import { OWNER_KEYS } from '../model/owner.ts';
import type { Cloud, CloudConnection } from '../openstack/cloud.ts';
import { listFlavors } from '../openstack/flavors.ts';
import { createKeypair, deleteKeypair, listKeypairs } from '../openstack/keypairs.ts';
import { listNetworks } from '../openstack/networks.ts';
import { createServer, listServers, stopServer } from '../openstack/servers.ts';
import { ensureBaseImage } from './base-images.ts';
import { type FlavorMinimum, chooseFlavor } from './choose-flavor.ts';
import { chooseNetwork } from './choose-network.ts';
import { fetchScript, runScript } from './external-script.ts';
import { checkGuest, cleanUpGuest, reportParts, waitForCloudInit } from './guest-session.ts';
import type { CloudConfig, ImageConfig } from './config.ts';
import { encodeInputs } from './inputs.ts';
import { connectGuest, waitForHostKeys, waitForServer } from './reach-guest.ts';
import { removeServer } from './remove-server.ts';
import { resolveRunnerRelease } from './runner-release.ts';
import { buildMetadata } from './server-image.ts';
import { ensureSharedSecurityGroup } from './shared-security-group.ts';
import { type Step, runSteps } from './steps.ts';
import { sweepLeftovers } from './sweep.ts';
import type { Tools } from './tools.ts';

/** One build, as run() was asked for it. */
export interface BuildRequest {
  readonly cloud: CloudConfig;
  readonly image: ImageConfig;
  readonly securityGroup: string;
  readonly minimum: FlavorMinimum;
}

/**
 * The whole build, step by step: chooses and prepares, boots a server, brings the guest to its end and stops it, lets
 * `takeImage` make the image, and unmakes all but the image however it ends.
 */
export async function buildOnServer<T>(
  connection: CloudConnection,
  request: BuildRequest,
  tools: Tools,
  takeImage: (serverId: string, inputs: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  return runSteps(tools, async (step) => {
    const plan = await prepare(step, connection.under(tools.signal), request, tools);
    const serverId = await boot(step, connection, plan, request, tools);
    return takeImage(serverId, plan.inputs);
  });
}

/** All that is needed before anything is made for this build alone. */
async function prepare(
  step: Step,
  cloud: Cloud,
  { cloud: where, image, ...rest }: BuildRequest,
  tools: Tools,
) {
  encodeScriptSecrets(tools.scriptSecrets); // names that no shell takes are told before anything is made
  const flavor = await step('choose flavor', async () =>
    chooseFlavor(await listFlavors(cloud), where.flavor, rest.minimum),
  );
  const network = await step('choose network', async () =>
    chooseNetwork(await listNetworks(cloud), where.network),
  );
  await step('sweep leftovers', async () => tools.record({ swept: await sweepLeftovers(cloud, tools) }));
  const runner = await step('resolve runner release', () =>
    resolveRunnerRelease(tools, image.arch, image.runnerVersion),
  );
  const script =
    image.scriptUrl === ''
      ? ''
      : await step('fetch external script', () => fetchScript(image.scriptUrl, tools));
  const group = await step('ensure security group', () =>
    ensureSharedSecurityGroup(cloud, rest.securityGroup, tools.sshPort),
  );
  const base = await step('prepare base image', () =>
    ensureBaseImage(cloud, { ...image, prefix: where.prefix }, tools),
  );
  tools.record({
    runnerVersion: runner.version,
    flavor: flavor.name,
    network: network.name,
    baseImageId: base.imageId,
    baseSha256: base.sha256,
  });
  const parts = listGuestParts({ runner });
  const inputs = encodeInputs({ arch: image.arch, baseSha256: base.sha256, runner, parts, script });
  return { flavor, network, group, base, script, parts, inputs };
}

type Plan = Awaited<ReturnType<typeof prepare>>;

/** Boots the server and brings its guest to the state that the image is to have; the server is then SHUTOFF. */
async function boot(
  step: Step,
  connection: CloudConnection,
  plan: Plan,
  { cloud: where, image }: BuildRequest,
  tools: Tools,
): Promise<string> {
  const cloud = connection.under(tools.signal);
  const undoCloud = connection.under(); // what is made is unmade also after SIGTERM
  const name = buildResourceName(where.prefix, image.base, image.arch, tools.owner.buildId);
  const keys = tools.generateKeyPair(encodeKeypairComment(tools.owner, tools.process));
  await step('create keypair', () => createKeypair(cloud, { name, publicKey: keys.publicKey }), {
    cleanUp: () => removeKeypair(undoCloud, name, tools),
  });
  const spec = {
    name,
    imageId: plan.base.imageId,
    flavorId: plan.flavor.id,
    networkId: plan.network.id,
    securityGroupId: plan.group.id,
    keypair: name,
    userData: renderUserData(tools.owner.buildId, plan.parts),
    metadata: buildMetadata('server', image.name, tools),
  };
  const serverId = await step('create server', () => createServer(cloud, spec), {
    cleanUp: (id) => removeServers(undoCloud, name, id, tools),
  });
  tools.record({ serverId });
  const server = await step('wait for server', () => waitForServer(cloud, serverId, 'ACTIVE', tools));
  const fingerprints = await step('wait for host key', () => waitForHostKeys(cloud, serverId, tools));
  const session = await step(
    'connect over SSH',
    () => connectGuest(cloud, server, fingerprints, keys.privateKey, tools),
    { cleanUp: (open) => open?.close() },
  );
  const guest = { cloud, serverId, session, parts: plan.parts };
  await step('wait for cloud-init', () => waitForCloudInit(guest, tools));
  await step('report parts', async () => tools.record({ parts: await reportParts(guest, tools) }));
  await step('check guest', () => checkGuest(guest, tools));
  if (plan.script !== '') await step('run external script', () => runScript(guest, plan.script, tools));
  await step('clean up guest', () => cleanUpGuest(guest, tools));
  await step('stop server', async () => {
    await stopServer(cloud, serverId);
    await waitForServer(cloud, serverId, 'SHUTOFF', tools);
  });
  return serverId;
}

/** Removes the keypair, if it is this process's own: its create may have failed because another has the name. */
async function removeKeypair(cloud: Cloud, name: string, tools: Tools): Promise<void> {
  const found = (await listKeypairs(cloud)).find((keypair) => keypair.name === name);
  const owner = found && findKeypairMetadata(found.publicKey);
  if (owner?.[OWNER_KEYS.process] === tools.process) await deleteKeypair(cloud, name);
}

/** Removes the server; when its id was never learnt, whatever has its name, which is this build's alone. */
async function removeServers(
  cloud: Cloud,
  name: string,
  id: string | undefined,
  tools: Tools,
): Promise<void> {
  const ids =
    id === undefined
      ? (await listServers(cloud)).filter((server) => server.name === name).map((server) => server.id)
      : [id];
  for (const each of ids) await removeServer(cloud, each, tools);
}
