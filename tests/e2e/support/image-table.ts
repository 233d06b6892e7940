import { decode, fields, list, number, optional, text } from '../../../src/model/decode.ts';
import type { Guest } from './boot.ts';

/** The sizes of an image. */
export interface ImageSizes {
  /** The size of the image in Glance. */
  readonly bytes: number;
  /** The number of installed packages. */
  readonly packages: number;
  /** Maps a part to the disk space that it occupies, as far as it can be measured. */
  readonly kilobytes: ReadonlyMap<string, number>;
}

const decodeParts = list(
  fields({
    name: text,
    seconds: number,
    versions: optional(list(fields({ name: text, version: text }))),
  }),
);

const INSTALLED = "dpkg-query -W -f '${Installed-Size}\\n' | awk '{ sum += $1 } END { print sum }'";

/** The commands that print the disk space of a part in kilobytes. */
const SIZE_COMMANDS = new Map([
  ['docker', 'sudo -n du -sk /var/lib/docker | cut -f 1'],
  ['runner', 'du -sk ~/actions-runner/ | cut -f 1'],
  ['yarn', 'du -sk /usr/local/lib/node_modules/yarn | cut -f 1'],
]);

/** Measures the parts on a server of the image. `base` is the disk space of the packages of the base image. */
export async function measureParts(guest: Guest, base: number): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map([['apt', Number(await guest.run(INSTALLED)) - base]]);
  for (const [part, command] of SIZE_COMMANDS) sizes.set(part, Number(await guest.run(command)));
  return sizes;
}

const megabytes = (kilobytes: number | undefined): string =>
  kilobytes === undefined ? '' : (kilobytes / 1024).toFixed(1);

/** Renders the page with the parts of the full image. `parts` is the field of the program's result. */
export function renderImageTable(parts: unknown, sizes: ImageSizes): string {
  const rows = decode(decodeParts, parts, 'parts', (problems) => new Error(problems.join('; '))).map(
    ({ name, seconds, versions = [] }) => {
      const shown = versions.map((one) => `${one.name} ${one.version}`).join(', ');
      return `| ${name} | ${seconds.toFixed(1)} | ${megabytes(sizes.kilobytes.get(name))} | ${shown} |`;
    },
  );
  return [
    '# Parts of a full image',
    '',
    '<!-- prettier-ignore-start -->',
    '',
    'Written by `npm run e2e:image`: a build with all default packages from Debian 12, on a server in software emulation.',
    'The runner and the snaps are small stand-ins, and yq, MicroK8s and Juju are left out.',
    `The image has ${sizes.packages} packages and ${megabytes(sizes.bytes / 1024)} MB.`,
    '',
    '| part | seconds | MB on disk | versions |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '<!-- prettier-ignore-end -->',
    '',
  ].join('\n');
}
