import { randomBytes, randomUUID } from 'node:crypto';
import type { Guest } from '../guest/guest.ts';
import { attachVolume, detachVolumes } from '../cinder/volumes.ts';
import { isoSeconds, setState } from './server-state.ts';
import type { CloudState, PlainRecord, ServerRecord, VolumeRecord } from '../cloud-state.ts';

/** The resources for a new server, resolved from its request. */
export interface BootPlan {
  readonly network: PlainRecord;
  readonly groups: readonly PlainRecord[];
  readonly publicKey: string | undefined;
  readonly userData: string;
  /** The volume to boot from; undefined for an image. */
  readonly volume: VolumeRecord | undefined;
  /** True when the image's data matches its disk format. */
  readonly isBootable: boolean;
}

/** The times at which a boot reaches its states, in seconds after the request. */
const SCHEDULED = 1;
const NETWORKING = 1.5;
const MAPPING = 1.7;
const SPAWNING = 1.9;
const PLUGGED = 3;
const ACTIVE = 6;

/** Schedules the state changes of a server from BUILD to ACTIVE, or to ERROR when `fault` is given. */
export function bootServer(
  server: ServerRecord,
  plan: BootPlan,
  fault: string | undefined,
  cloud: CloudState,
): void {
  const at = (seconds: number, work: () => void): void => {
    cloud.clock.after(seconds, () => {
      const { status } = server.shown;
      if (cloud.servers.get(server.shown.id) === server && status === 'BUILD' && !isDeleting(server)) work();
    });
  };
  if (plan.volume !== undefined) attachVolume(cloud, plan.volume, server.shown.id);
  if (fault !== undefined) {
    at(SCHEDULED, () => {
      fail(server, fault, cloud);
    });
    return;
  }
  at(SCHEDULED, () => {
    server.shown['OS-EXT-AZ:availability_zone'] = 'nova';
    setState(server, cloud, { task: null });
  });
  at(NETWORKING, () => setState(server, cloud, { task: 'networking' }));
  at(MAPPING, () => setState(server, cloud, { task: 'block_device_mapping' }));
  at(SPAWNING, () => setState(server, cloud, { task: 'spawning' }));
  at(PLUGGED, () => plugIn(server, plan, cloud));
  at(ACTIVE, () => {
    if (plan.isBootable) activate(server, plan, cloud);
    else fail(server, unacceptable(server.shown), cloud);
  });
}

function fail(server: ServerRecord, message: string, cloud: CloudState): void {
  const { shown } = server;
  Object.assign(shown, { hostId: '', 'OS-EXT-AZ:availability_zone': '', addresses: {} });
  shown['fault'] = { code: 500, created: isoSeconds(cloud), message };
  delete shown['progress'];
  setState(server, cloud, { status: 'ERROR', vm: 'error', task: null, power: 0 });
  unplug(server, cloud);
}

function unacceptable({ id, image }: ServerRecord['shown']): string {
  const imageId = (image as { readonly id: string }).id;
  const why = `Image ${imageId} is unacceptable: Image not in a supported format`;
  return `Build of instance ${id} aborted: ${why}`;
}

/** Detaches the volumes of the server and deletes its ports. */
export function unplug(server: ServerRecord, cloud: CloudState): void {
  detachVolumes(cloud, server.shown.id, cloud.guests?.find(server.shown.id)?.disk.text ?? '');
  if (cloud.leavesPorts) return;
  for (const port of cloud.ports.values()) {
    if (port['device_id'] === server.shown.id) cloud.ports.delete(port.id);
  }
}

function isDeleting(server: ServerRecord): boolean {
  return server.shown['OS-EXT-STS:task_state'] === 'deleting';
}

/** Creates the port of the server. Neutron shows it before Nova shows its address. */
function plugIn(server: ServerRecord, { network, groups }: BootPlan, cloud: CloudState): void {
  const id = randomUUID();
  const address = cloud.guests?.nextAddress() ?? '127.77.0.1';
  const [subnet = ''] = network['subnets'] as readonly string[];
  const now = isoSeconds(cloud);
  cloud.ports.set(id, {
    id,
    name: '',
    network_id: network.id,
    tenant_id: server.projectId,
    mac_address: `fa:16:3e:${randomBytes(3)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:')}`,
    admin_state_up: true,
    status: 'ACTIVE',
    device_id: server.shown.id,
    device_owner: 'compute:nova',
    fixed_ips: [{ subnet_id: subnet, ip_address: address }],
    allowed_address_pairs: [],
    extra_dhcp_opts: [],
    security_groups: groups.map((group) => group.id),
    description: '',
    'binding:vnic_type': 'normal',
    port_security_enabled: true,
    tags: [],
    created_at: now,
    updated_at: now,
    revision_number: 5,
    project_id: server.projectId,
  });
}

function activate(server: ServerRecord, plan: BootPlan, cloud: CloudState): void {
  const port = [...cloud.ports.values()].find((each) => each['device_id'] === server.shown.id);
  const [fixed] = (port?.['fixed_ips'] ?? []) as readonly { readonly ip_address: string }[];
  const address = fixed?.ip_address ?? '';
  Object.assign(server.shown, {
    hostId: randomBytes(28).toString('hex'),
    addresses: {
      [String(plan.network['name'])]: [
        {
          version: 4,
          addr: address,
          'OS-EXT-IPS:type': 'fixed',
          'OS-EXT-IPS-MAC:mac_addr': port?.['mac_address'],
        },
      ],
    },
    'OS-SRV-USG:launched_at': isoSeconds(cloud).replace('Z', '.000000'),
    security_groups: plan.groups.map((group) => ({ name: group['name'] })),
  });
  setState(server, cloud, { status: 'ACTIVE', vm: 'active', task: null, power: 1 });
  startGuest(server, address, plan, cloud);
}

function startGuest(
  server: ServerRecord,
  address: string,
  { userData, publicKey }: BootPlan,
  cloud: CloudState,
): Guest | undefined {
  return cloud.guests?.boot({
    serverId: server.shown.id,
    serverName: server.shown.name,
    address,
    userData,
    authorizedKey: publicKey,
    print: (text) => {
      server.console += text;
    },
  });
}
