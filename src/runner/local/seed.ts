import { renderIso } from '../../system/files/iso9660.ts';

/** The addresses of QEMU's user-mode network: the guest, its gateway, and its name server. */
const NETWORK = { guest: '10.0.2.15', gateway: '10.0.2.2', nameServer: '10.0.2.3' };
/** The MAC address of the guest's only network card. */
export const MAC_ADDRESS = '52:54:00:12:34:56';

/** The parts of a guest's config drive. None is secret. */
export interface SeedContent {
  readonly id: string;
  readonly publicKey: string;
  readonly userData: string;
}

/** Returns a config drive like those of Nova, from which cloud-init configures the guest at its first boot. */
export function renderSeed({ id, publicKey, userData }: SeedContent): Buffer {
  const metadata = { uuid: id, name: 'builder', hostname: 'builder', public_keys: { builder: publicKey } };
  const network = {
    links: [{ id: 'link0', type: 'phy', ethernet_mac_address: MAC_ADDRESS, mtu: 1500 }],
    networks: [
      {
        id: 'network0',
        link: 'link0',
        type: 'ipv4',
        ip_address: NETWORK.guest,
        netmask: '255.255.255.0',
        routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: NETWORK.gateway }],
      },
    ],
    services: [{ type: 'dns', address: NETWORK.nameServer }],
  };
  return renderIso('config-2', ['openstack', 'latest'], {
    'meta_data.json': JSON.stringify(metadata),
    'network_data.json': JSON.stringify(network),
    user_data: userData,
  });
}
