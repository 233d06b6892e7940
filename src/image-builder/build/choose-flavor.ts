import { FlavorNotFoundError, FlavorRequirementsNotMetError } from '../../model/errors.ts';
import { getByNameOrId } from '../../openstack/get-by-name-or-id.ts';
import type { Flavor } from '../../openstack/flavors.ts';

/** The minimum of a builder's flavor: vCPUs, MiB of memory, GiB of disk. */
export type FlavorMinimum = Pick<Flavor, 'vcpus' | 'ram' | 'disk'>;

/**
 * Returns the flavor named `wanted`, or the smallest that meets the minimum when `wanted` is empty. Throws
 * FlavorNotFoundError or FlavorRequirementsNotMetError.
 */
export function chooseFlavor(flavors: readonly Flavor[], wanted: string, minimum: FlavorMinimum): Flavor {
  const flavor = findWanted(flavors, wanted);
  if (flavor?.disk === 0) {
    throw new FlavorRequirementsNotMetError([
      `--flavor: expected a flavor with a disk, got ${wanted}, whose servers boot from volumes; choose a flavor with at ` +
        `least ${minimum.disk} GiB of disk`,
    ]);
  }
  return flavor === undefined ? chooseSmallest(flavors, minimum) : check(flavor, wanted, minimum);
}

/**
 * Returns the flavor of a build. It may have no disk, because a build can boot from a volume: when it is wanted, or when
 * no flavor with a disk meets the minimum. Throws FlavorNotFoundError or FlavorRequirementsNotMetError.
 */
export function chooseBuildFlavor(
  flavors: readonly Flavor[],
  wanted: string,
  minimum: FlavorMinimum,
): Flavor {
  const flavor = findWanted(flavors, wanted);
  if (flavor !== undefined)
    return check(flavor, wanted, { ...minimum, ...(flavor.disk === 0 && { disk: 0 }) });
  const diskless = flavors.filter(({ disk }) => disk === 0);
  return (
    findSmallest(flavors, minimum) ??
    findSmallest(diskless, { ...minimum, disk: 0 }) ??
    chooseSmallest(flavors, minimum)
  );
}

function findWanted(flavors: readonly Flavor[], wanted: string): Flavor | undefined {
  if (wanted === '') return undefined;
  return getByNameOrId(flavors, wanted, '--flavor', (known) => {
    return new FlavorNotFoundError([`--flavor: expected one of ${known}, got ${wanted}`]);
  });
}

function check(flavor: Flavor, wanted: string, minimum: FlavorMinimum): Flavor {
  if (meets(flavor, minimum)) return flavor;
  throw new FlavorRequirementsNotMetError([
    `--flavor: expected at least ${describe(minimum)}, got ${describe(flavor)} with ${wanted}`,
  ]);
}

function chooseSmallest(flavors: readonly Flavor[], minimum: FlavorMinimum): Flavor {
  const smallest = findSmallest(flavors, minimum);
  if (smallest !== undefined) return smallest;
  const offered = flavors.map((flavor) => `${flavor.name} (${describe(flavor)})`).join(', ') || 'none';
  throw new FlavorNotFoundError([
    `expected a flavor with at least ${describe(minimum)}, the cloud offers ${offered}; ask its operator for one`,
  ]);
}

function findSmallest(flavors: readonly Flavor[], minimum: FlavorMinimum): Flavor | undefined {
  const [smallest] = flavors
    .filter((flavor) => meets(flavor, minimum))
    .sort((a, b) => a.vcpus - b.vcpus || a.ram - b.ram || a.disk - b.disk);
  return smallest;
}

function meets(flavor: Flavor, minimum: FlavorMinimum): boolean {
  return flavor.vcpus >= minimum.vcpus && flavor.ram >= minimum.ram && flavor.disk >= minimum.disk;
}

function describe({ vcpus, ram, disk }: FlavorMinimum): string {
  return `${vcpus} vCPU, ${ram} MiB, ${disk} GiB`;
}
