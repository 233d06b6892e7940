import type { Book, CloudBook } from '../support/openstack/book.ts';

/** What is left in a cloud, for people, and what of it should not be. */
export interface Leftovers {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/** Good images and one shared security group may stay; all else was made for a build and should be gone. */
export function judgeLeftovers(book: Book): Leftovers {
  const clouds = Object.entries(book);
  return {
    lines: clouds.flatMap(([name, cloud]) => describeCloud(name, cloud)),
    problems: clouds.flatMap(([name, cloud]) => findProblems(name, cloud)),
  };
}

function describeCloud(name: string, { servers, ports, keypairs, images }: CloudBook): readonly string[] {
  const shown = images.filter((image) => !isBase(image.name));
  const counts = `${servers.length} servers, ${ports.length} ports, ${keypairs.length} keypairs`;
  const bases = images.length - shown.length;
  return [
    `cloud ${name}: ${counts}, ${bases} base images, ${shown.length} images of ours`,
    ...shown.map(({ owner, name: image, id }) => `  project ${owner}: ${image} ${id}`),
  ];
}

function findProblems(name: string, { servers, ports, keypairs, images }: CloudBook): readonly string[] {
  const half = images.filter((image) => image.status !== 'active' || image.name.includes('.building-'));
  return [
    ...servers.map((server) => `cloud ${name}: server ${server.name} is left`),
    ...ports.map((port) => `cloud ${name}: port ${port.id} is left`),
    ...keypairs.map((keypair) => `cloud ${name}: keypair ${keypair} is left`),
    ...half.map((image) => `cloud ${name}: image ${image.name} is half made (${image.status})`),
  ];
}

function isBase(imageName: string): boolean {
  return imageName.includes('-base-') || imageName.startsWith('base-');
}
