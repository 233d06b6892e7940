import { askPython } from './lab.ts';

/** One resource in a cloud. Keypairs and security groups have no status. */
interface Owned {
  readonly id: string;
  readonly name: string;
  readonly status?: string;
}

/** The resources of a project, each list sorted by id. */
export interface Inventory {
  readonly servers: readonly Owned[];
  readonly ports: readonly Owned[];
  readonly keypairs: readonly Owned[];
  readonly securityGroups: readonly Owned[];
  readonly images: readonly Owned[];
}

/** Lists the resources of the project of an entry of clouds.yaml. The lists of a missing Nova or Neutron are empty. */
export async function takeInventory(cloud = 'builder'): Promise<Inventory> {
  return (await askPython('inventory.py', [cloud], 60)) as Inventory;
}
