const SECTOR = 2048;
const DESCRIPTOR = 16 * SECTOR;

/** The label and the files of an ISO 9660 image. */
interface IsoContent {
  readonly label: string;
  /** Maps a path as Linux shows it, such as `openstack/latest/user_data`, to the text of the file. */
  readonly files: ReadonlyMap<string, string>;
}

interface IsoRecord {
  readonly name: string;
  readonly extent: number;
  readonly size: number;
  readonly isFolder: boolean;
}

/** Reads an image as ECMA-119 describes it. Throws for everything that a reader would refuse. */
export function readIso(image: Buffer): IsoContent {
  if (image.toString('latin1', DESCRIPTOR, DESCRIPTOR + 7) !== '\x01CD001\x01')
    throw new Error('no ISO 9660 image');
  if (image.readUInt32LE(DESCRIPTOR + 80) * SECTOR !== image.length)
    throw new Error('the image has another size');
  const terminator = image.toString('latin1', DESCRIPTOR + SECTOR, DESCRIPTOR + SECTOR + 7);
  if (terminator !== '\xffCD001\x01') throw new Error('no terminator');
  const files = new Map<string, string>();
  const visit = (folder: IsoRecord, path: string): void => {
    for (const record of listRecords(image, folder).slice(2)) {
      const name = `${path}${record.name}`;
      const start = record.extent * SECTOR;
      if (start + record.size > image.length) throw new Error(`${name} ends behind the image`);
      if (record.isFolder) visit(record, `${name}/`);
      else files.set(name, image.toString('utf8', start, start + record.size));
    }
  };
  visit(readRecord(image, DESCRIPTOR + 156), '');
  return { label: image.toString('latin1', DESCRIPTOR + 40, DESCRIPTOR + 72).trimEnd(), files };
}

function listRecords(image: Buffer, { extent, size }: IsoRecord): readonly IsoRecord[] {
  const records: IsoRecord[] = [];
  for (let at = extent * SECTOR; at < extent * SECTOR + size && (image[at] ?? 0) > 0; at += image[at] ?? 0) {
    records.push(readRecord(image, at));
  }
  const [own] = records;
  if (own?.extent !== extent) throw new Error('the first record of a folder is not the folder itself');
  const ids = records.slice(2).map(({ name }) => name);
  if (String(ids) !== String(ids.toSorted())) throw new Error('the records of a folder are not sorted');
  return records;
}

/** Reads one record. Linux shows names in lower case, without the version and a dot at the end. */
function readRecord(image: Buffer, at: number): IsoRecord {
  const [extent, size] = [image.readUInt32LE(at + 2), image.readUInt32LE(at + 10)];
  if (image.readUInt32BE(at + 6) !== extent || image.readUInt32BE(at + 14) !== size) {
    throw new Error('the byte orders of a number differ');
  }
  const id = image.toString('latin1', at + 33, at + 33 + (image[at + 32] ?? 0));
  const name = id.toLowerCase().replace(/;1$/, '').replace(/\.$/, '');
  return { name, extent, size, isFolder: ((image[at + 25] ?? 0) & 2) !== 0 };
}
