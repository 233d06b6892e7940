import { askPython } from './lab.ts';

/** One thing in a cloud; keypairs and security groups have no status. */
interface Owned {
  readonly id: string;
  readonly name: string;
  readonly status?: string;
}

/** What a project owns in its cloud, each list sorted by id. */
export interface Inventory {
  readonly servers: readonly Owned[];
  readonly ports: readonly Owned[];
  readonly keypairs: readonly Owned[];
  readonly securityGroups: readonly Owned[];
  readonly images: readonly Owned[];
}

/** Lists what the project of this clouds.yaml entry owns; a cloud without Nova or Neutron has none of theirs. */
export async function takeInventory(cloud = 'builder'): Promise<Inventory> {
  return (await askPython('inventory.py', [cloud], 60)) as Inventory;
}
