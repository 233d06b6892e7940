import { renderRunnerUserData } from '../guest/user-data.ts';
import {
  chooseFloatingNetwork,
  createBuilderAddress,
  removeBuilderAddress,
} from '../image-builder/build/builder-address.ts';
import { importKeypair, removeKeypair } from '../image-builder/build/builder-keypair.ts';
import { type FlavorMinimum, chooseFlavor } from '../image-builder/build/choose-flavor.ts';
import { chooseNetwork } from '../image-builder/build/choose-network.ts';
import { waitForCloudInit } from '../image-builder/build/guest/guest-session.ts';
import { connectGuest, waitForHostKeys, waitForServer } from '../image-builder/build/guest/reach-guest.ts';
import { removeServers } from '../image-builder/build/remove-server.ts';
import { admitThisMachine, ensureSharedSecurityGroup } from '../image-builder/build/shared-security-group.ts';
import type { CloudOpener, GuestAccess, Recorder, RunSettings } from '../image-builder/context.ts';
import { MIN_CPU, MIN_DISK, MIN_RAM, securityGroupOf } from '../image-builder/openstack-builder.ts';
import { StepFailedError, runSteps } from '../image-builder/steps.ts';
import { InputError, InstanceLaunchError } from '../model/errors.ts';
import type { Cloud } from '../openstack/cloud.ts';
import type { CloudsYaml } from '../openstack/login/clouds-yaml.ts';
import { listFlavors } from '../openstack/flavors.ts';
import { type Image, findImage } from '../openstack/images.ts';
import { listNetworks } from '../openstack/networks.ts';
import { type Server, createServer } from '../openstack/servers.ts';
import { getFirstAccess } from './first-access.ts';
import { type GithubClient, isStatus } from './github/github-client.ts';
import type { InstanceConfig } from './instance-config.ts';
import { registerRunner, requireFreeName, waitUntilOnline } from './register-runner.ts';
import { encodeRunnerServer } from './runner-server.ts';
import { sweepRunners } from './sweep-runners.ts';

/** The place of a runner's server in the cloud, chosen as for a builder, and its lifetime. */
export interface Placement {
  /** The name or id of the flavor. Empty selects the smallest that is big enough for the image. */
  readonly flavor: string;
  /** The name or id of the network. Empty selects the only suitable one. */
  readonly network: string;
  /** The name or id of the external network of a floating IP. Empty: no floating IP. */
  readonly floatingNetwork: string;
  /** The networks, in CIDR notation, that may reach the SSH port, in addition to this machine. */
  readonly sshCidrs: readonly string[];
  /** The seconds after the launch after which a sweep deletes the server. */
  readonly lifetime: number;
}

/** Everything that a launch uses. */
export type LaunchContext = CloudOpener &
  GuestAccess &
  Pick<RunSettings, 'clock' | 'timeouts' | 'signal' | 'owner' | 'process' | 'findProcessState'> &
  Recorder & {
    readonly github: GithubClient;
    readonly placement: Placement;
  };

/**
 * Launches a runner in the first cloud of a clouds.yaml: boots a server from the image, registers the runner at GitHub,
 * hands it the registration over SSH, and waits until it is online. The runner takes one job. After a failure, nothing is
 * left in the cloud or at GitHub. Throws StepFailedError caused by an InstanceLaunchError.
 */
export async function createInstance(
  cloudConfig: CloudsYaml,
  instanceConfig: InstanceConfig,
  context: LaunchContext,
): Promise<Server> {
  const connection = await context.openCloud(getFirstAccess(cloudConfig, context));
  const clouds = { cloud: connection.withSignal(context.signal), undoCloud: connection.withSignal() };
  try {
    return await launch(clouds, instanceConfig, context);
  } catch (error) {
    if (!(error instanceof StepFailedError) || error.kind === 'cancelled') throw error;
    const cause = new InstanceLaunchError(error.first.message, { cause: error.first });
    throw new StepFailedError(error.step, error.leftovers, cause);
  }
}

/** The cloud of a launch. The undos use one without a signal, because they also run after SIGTERM. */
interface LaunchClouds {
  readonly cloud: Cloud;
  readonly undoCloud: Cloud;
}

async function launch(
  { cloud, undoCloud }: LaunchClouds,
  config: InstanceConfig,
  context: Omit<LaunchContext, 'openCloud'>,
): Promise<Server> {
  const { name, githubPath: path, openstackImage } = config;
  const { owner, placement, record, clock } = context;
  const github = context.github.withSignal(context.signal);
  const undoGithub = context.github.withSignal();
  return runSteps(context, async (step) => {
    // Prepare. These steps create nothing that belongs to this runner alone.
    const image = await step('find image', () => getActiveImage(cloud, openstackImage.id));
    const flavor = await step('choose flavor', async () =>
      chooseFlavor(await listFlavors(cloud), placement.flavor, minimumFor(image)),
    );
    const networks = await step('choose network', async () => {
      const found = await listNetworks(cloud);
      return {
        own: chooseNetwork(found, placement.network),
        external: chooseFloatingNetwork(found, placement.floatingNetwork),
      };
    });
    await step('sweep leftovers', () => sweepRunners(cloud, path, github, context));
    const securityGroup = await step('ensure security group', () =>
      ensureSharedSecurityGroup(cloud, securityGroupOf(context.owner), {
        ...context,
        sources: placement.sshCidrs,
      }),
    );
    record({ flavor: flavor.name, network: networks.own.name, imageId: image.id });

    // The registration's undo is registered before the server's, so it runs later, when nothing can register any more.
    let mayBeRegistered = false;
    await step('check runner name', () => requireFreeName(github, config), {
      rollBack: () => undoGithub.removeRunner(path, name),
      unless: () => !mayBeRegistered,
    });

    // Boot a server and reach its guest.
    const { privateKey } = await step('create keypair', () => importKeypair(cloud, name, context), {
      cleanUp: (made) => removeKeypair(undoCloud, name, context, made !== undefined),
    });
    const keptUntil = clock.now() + placement.lifetime * 1000;
    const spec = {
      name,
      imageId: image.id,
      flavorId: flavor.id,
      networkId: networks.own.id,
      securityGroupId: securityGroup.id,
      keypair: name,
      userData: renderRunnerUserData(owner.buildId),
      metadata: encodeRunnerServer(config, github, context, { keptUntil }),
    };
    const serverId = await step('create server', () => createServer(cloud, spec), {
      rollBack: (id, watch) => removeServers(undoCloud, name, id, { ...context, ...watch }),
    });
    record({ serverId });
    const server = await step('wait for server', (watch) =>
      waitForServer(cloud, serverId, 'ACTIVE', { ...context, ...watch }),
    );
    const { external } = networks;
    const floating =
      external &&
      (await step('create floating IP', () => createBuilderAddress(cloud, external, serverId, context), {
        rollBack: (made) => removeBuilderAddress(undoCloud, made?.id, context),
      }));
    const addresses = floating === undefined ? server.addresses : [floating.address];
    await step('allow SSH', () => admitThisMachine(cloud, securityGroup, addresses, context));
    const hostKeyFingerprints = await step('wait for host key', (watch) =>
      waitForHostKeys(cloud, serverId, { ...context, ...watch }),
    );
    const session = await step(
      'connect over SSH',
      (watch) =>
        connectGuest(
          cloud,
          { id: serverId, addresses },
          { hostKeyFingerprints, privateKey },
          { ...context, ...watch },
        ),
      { cleanUp: (open) => open?.close() },
    );
    const guest = { cloud, serverId, session };
    await step('wait for cloud-init', (watch) => waitForCloudInit(guest, { ...context, ...watch }));

    // Register the runner, now that somebody is there to run it, and hand the registration over.
    await step('register and start runner', async () => {
      mayBeRegistered = true;
      await registerRunner(guest, config, { ...context, github }).catch((error: unknown) => {
        if (isStatus(error, 409)) mayBeRegistered = false; // the runner of this name is somebody else's
        throw error;
      });
    });
    await step('wait for runner', (watch) =>
      waitUntilOnline(guest, config, { ...context, ...watch, github }),
    );
    return { ...server, addresses };
  });
}

async function getActiveImage(cloud: Cloud, id: string): Promise<Image> {
  const image = await findImage(cloud, id);
  if (image === undefined) {
    throw new InputError([
      `image ${id} does not exist in cloud ${cloud.name}; list the images with \`list\``,
    ]);
  }
  if (image.status === 'active') return image;
  throw new InputError([
    `image ${id} in cloud ${cloud.name}: expected it to be active, it is ${image.status}`,
  ]);
}

function minimumFor({ minDisk, minRam }: Pick<Image, 'minDisk' | 'minRam'>): FlavorMinimum {
  return { vcpus: MIN_CPU, ram: Math.max(MIN_RAM, minRam), disk: Math.max(MIN_DISK, minDisk) };
}
