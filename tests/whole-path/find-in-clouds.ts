import type { Emulator } from '../support/openstack/emulator.ts';

/** Finds texts in the clouds: in records, user data, the consoles of servers and the data of images. */
export function findInClouds(emulator: Emulator, texts: readonly string[]): readonly string[] {
  return (['a', 'b'] as const).flatMap((name) => {
    const { images, imageData, keypairs, servers, ports, securityGroups, guests } =
      emulator.cloud(name).state;
    const readable: readonly (readonly [string, string | Buffer])[] = [
      [`cloud ${name}: images`, JSON.stringify([...images.values()])],
      [`cloud ${name}: keypairs`, JSON.stringify(keypairs)],
      [`cloud ${name}: servers`, JSON.stringify([...servers.values()])],
      [`cloud ${name}: networks`, JSON.stringify([...ports.values(), ...securityGroups.values()])],
      ...(guests?.all ?? []).map(
        ({ machine }) => [`cloud ${name}: server ${machine.serverId}`, JSON.stringify(machine)] as const,
      ),
      ...[...imageData].map(([id, data]) => [`cloud ${name}: data of image ${id}`, data] as const),
    ];
    return readable.flatMap(([where, content]) =>
      texts.some((text) => content.includes(text)) ? [where] : [],
    );
  });
}
