import { searchTree } from './file-search.ts';
import { prepareSearch, searchChunks, type Hit, type Searcher } from './pattern-search.ts';
import { listExtents, readChunks, withMounted, withRawDisk } from './scratch-disk.ts';
import { patternsOf, type Encoding, type NamedSecret } from './secret-patterns.ts';

/** A secret that was found in an image. */
export interface Finding {
  /** The name of the secret, never its value. */
  readonly secret: string;
  readonly encoding: Encoding;
  /** `disk at N`, or `file`, `gzip`, `name` or `link` and a path in the image. */
  readonly where: string;
}

interface Found {
  readonly hit: Hit;
  readonly where: string;
}

async function searchDisk(rawFile: string, searcher: Searcher): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { start, length } of await listExtents(rawFile)) {
    for (const hit of await searchChunks(readChunks(rawFile, start, length), searcher)) {
      found.push({ hit, where: `disk at ${start + hit.offset}` });
    }
  }
  return found;
}

function unique(found: readonly Found[]): readonly Finding[] {
  const findings = found.map(({ hit: { pattern }, where }) => ({
    secret: pattern.secret,
    encoding: pattern.encoding,
    where,
  }));
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

/**
 * Downloads the image and searches for the secrets on its raw disk, which includes deleted files, and in its files,
 * where gzip is unpacked. The disk must be one ext4 file system without a partition table, like the lab's images.
 */
export async function findInImage(
  imageId: string,
  secrets: readonly NamedSecret[],
  cloud = 'builder',
): Promise<readonly Finding[]> {
  const searcher = prepareSearch(secrets.flatMap(patternsOf));
  return withRawDisk(imageId, cloud, async (rawFile) => {
    const onDisk = await searchDisk(rawFile, searcher);
    const inFiles = await withMounted(rawFile, (root) => searchTree(root, searcher));
    return unique([...onDisk, ...inFiles]);
  });
}
