import type { EmulatorInventory, CloudInventory } from '../support/openstack/inventory.ts';

/** A description of the resources in the clouds, and of those among them that should have been deleted. */
export interface Leftovers {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/** Lists the resources in the clouds. Complete images and the shared security group may stay; all else is a problem. */
export function findLeftovers(inventory: EmulatorInventory): Leftovers {
  const clouds = Object.entries(inventory);
  return {
    lines: clouds.flatMap(([name, cloud]) => describeCloud(name, cloud)),
    problems: clouds.flatMap(([name, cloud]) => findProblems(name, cloud)),
  };
}

function describeCloud(
  name: string,
  { servers, ports, keypairs, images }: CloudInventory,
): readonly string[] {
  const shown = images.filter((image) => !isBase(image.name));
  const counts = `${servers.length} servers, ${ports.length} ports, ${keypairs.length} keypairs`;
  const bases = images.length - shown.length;
  return [
    `cloud ${name}: ${counts}, ${bases} base images, ${shown.length} built images`,
    ...shown.map(({ owner, name: image, id }) => `  project ${owner}: ${image} ${id}`),
  ];
}

function findProblems(name: string, { servers, ports, keypairs, images }: CloudInventory): readonly string[] {
  const incomplete = images.filter((image) => image.status !== 'active' || image.name.includes('.building-'));
  return [
    ...servers.map((server) => `cloud ${name}: server ${server.name} was not deleted`),
    ...ports.map((port) => `cloud ${name}: port ${port.id} was not deleted`),
    ...keypairs.map((keypair) => `cloud ${name}: keypair ${keypair} was not deleted`),
    ...incomplete.map((image) => `cloud ${name}: image ${image.name} is incomplete (${image.status})`),
  ];
}

function isBase(imageName: string): boolean {
  return imageName.includes('-base-') || imageName.startsWith('base-');
}
