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
  if (wanted === '') return chooseSmallest(flavors, minimum);
  const flavor = getByNameOrId(flavors, wanted, 'flavor', (known) => {
    return new FlavorNotFoundError([`--flavor: expected one of ${known}, got ${wanted}`]);
  });
  if (meets(flavor, minimum)) return flavor;
  throw new FlavorRequirementsNotMetError([
    `--flavor: expected at least ${describe(minimum)}, got ${describe(flavor)} with ${wanted}`,
  ]);
}

function chooseSmallest(flavors: readonly Flavor[], minimum: FlavorMinimum): Flavor {
  const [smallest] = flavors
    .filter((flavor) => meets(flavor, minimum))
    .sort((a, b) => a.vcpus - b.vcpus || a.ram - b.ram || a.disk - b.disk);
  if (smallest !== undefined) return smallest;
  const offered = flavors.map((flavor) => `${flavor.name} (${describe(flavor)})`).join(', ') || 'none';
  throw new FlavorNotFoundError([
    `expected a flavor with at least ${describe(minimum)}, the cloud offers ${offered}; ask its operator for one`,
  ]);
}

function meets(flavor: Flavor, minimum: FlavorMinimum): boolean {
  return flavor.vcpus >= minimum.vcpus && flavor.ram >= minimum.ram && flavor.disk >= minimum.disk;
}

function describe({ vcpus, ram, disk }: FlavorMinimum): string {
  return `${vcpus} vCPU, ${ram} MiB, ${disk} GiB`;
}
