const SECTOR = 2048;
/** The sectors before the first folder: 16 unused ones, two descriptors, and a path table in each byte order. */
const FIRST_FOLDER = 20;
const FOLDER_FLAG = 2;

/** The names in an image are these characters only, and Linux shows them in lower case. */
const NAME = /^[a-z0-9_]{1,20}(\.[a-z0-9_]{1,8})?$/;

interface Folder {
  readonly name: string;
  readonly files: Map<string, Buffer>;
}

/**
 * Returns an ISO 9660 image with this label, as a config drive is. `files` are below one chain of folders, which is given
 * from the top down. Every image of the same files is the same.
 */
export function renderIso(
  label: string,
  folders: readonly string[],
  files: Readonly<Record<string, string>>,
): Buffer {
  const chain: readonly Folder[] = ['', ...folders].map((name, depth) => ({
    name,
    files: new Map(
      depth < folders.length ? [] : Object.entries(files).map(([file, text]) => [file, Buffer.from(text)]),
    ),
  }));
  for (const name of [...folders, ...Object.keys(files)]) {
    if (!NAME.test(name)) throw new Error(`expected a name of lower-case letters, digits and _, got ${name}`);
  }
  const sectors: Buffer[] = chain.map((_folder, depth) => renderFolder(chain, depth));
  for (const data of chain.at(-1)?.files.values() ?? []) sectors.push(pad(data));
  const tables = [renderPathTable(chain, 'LE'), renderPathTable(chain, 'BE')];
  const body = Buffer.concat([...tables.map(pad), ...sectors]);
  const size = (FIRST_FOLDER - 2) * SECTOR + body.length;
  const descriptor = renderDescriptor(label, size / SECTOR, tables[0]?.length ?? 0);
  return Buffer.concat([Buffer.alloc(16 * SECTOR), descriptor, renderTerminator(), body]);
}

/** Returns the sector of a folder: itself, its parent, and then the next folder or the files. */
function renderFolder(chain: readonly Folder[], depth: number): Buffer {
  const at = FIRST_FOLDER + depth;
  const next = chain[depth + 1];
  let extent = FIRST_FOLDER + chain.length;
  const records = [
    renderRecord('\0', at, SECTOR, FOLDER_FLAG),
    renderRecord('\x01', Math.max(FIRST_FOLDER, at - 1), SECTOR, FOLDER_FLAG),
  ];
  if (next !== undefined) records.push(renderRecord(next.name.toUpperCase(), at + 1, SECTOR, FOLDER_FLAG));
  const sorted = [...(chain[depth]?.files ?? [])].map(([name, data]) => {
    const start = extent;
    extent += pad(data).length / SECTOR;
    return { id: `${name.includes('.') ? name : `${name}.`};1`.toUpperCase(), start, size: data.length };
  });
  sorted.sort((one, other) => (one.id < other.id ? -1 : 1));
  records.push(...sorted.map(({ id, start, size }) => renderRecord(id, start, size, 0)));
  const folder = Buffer.concat(records);
  if (folder.length > SECTOR) throw new Error('the folder has too many files for one sector');
  return pad(folder);
}

/** Returns the entry of a file or a folder. Numbers are stored in both byte orders. */
function renderRecord(id: string, extent: number, size: number, flags: number): Buffer {
  const record = Buffer.alloc(33 + id.length + (id.length % 2 === 0 ? 1 : 0));
  record[0] = record.length;
  writeBoth32(record, 2, extent);
  writeBoth32(record, 10, size);
  record.set([126, 1, 1], 18); // 2026-01-01
  record[25] = flags;
  writeBoth16(record, 28, 1);
  record[32] = id.length;
  record.write(id, 33, 'latin1');
  return record;
}

function renderPathTable(chain: readonly Folder[], order: 'LE' | 'BE'): Buffer {
  return Buffer.concat(
    chain.map(({ name }, depth) => {
      const id = name === '' ? '\0' : name.toUpperCase();
      const entry = Buffer.alloc(8 + id.length + (id.length % 2));
      entry[0] = id.length;
      if (order === 'LE') entry.writeUInt32LE(FIRST_FOLDER + depth, 2);
      else entry.writeUInt32BE(FIRST_FOLDER + depth, 2);
      if (order === 'LE') entry.writeUInt16LE(Math.max(1, depth), 6);
      else entry.writeUInt16BE(Math.max(1, depth), 6);
      entry.write(id, 8, 'latin1');
      return entry;
    }),
  );
}

function renderDescriptor(label: string, sectors: number, tableBytes: number): Buffer {
  const descriptor = Buffer.alloc(SECTOR);
  descriptor.write('\x01CD001\x01', 0, 'latin1');
  descriptor.fill(' ', 8, 72);
  descriptor.write(label.slice(0, 32), 40, 'latin1');
  writeBoth32(descriptor, 80, sectors);
  writeBoth16(descriptor, 120, 1);
  writeBoth16(descriptor, 124, 1);
  writeBoth16(descriptor, 128, SECTOR);
  writeBoth32(descriptor, 132, tableBytes);
  descriptor.writeUInt32LE(FIRST_FOLDER - 2, 140);
  descriptor.writeUInt32BE(FIRST_FOLDER - 1, 148);
  renderRecord('\0', FIRST_FOLDER, SECTOR, FOLDER_FLAG).copy(descriptor, 156);
  descriptor.fill(' ', 190, 813);
  for (const at of [813, 830, 847, 864]) descriptor.fill('0', at, at + 16); // no date
  descriptor[881] = 1;
  return descriptor;
}

function renderTerminator(): Buffer {
  const terminator = Buffer.alloc(SECTOR);
  terminator.write('\xffCD001\x01', 0, 'latin1');
  return terminator;
}

function writeBoth32(buffer: Buffer, at: number, value: number): void {
  buffer.writeUInt32LE(value, at);
  buffer.writeUInt32BE(value, at + 4);
}

function writeBoth16(buffer: Buffer, at: number, value: number): void {
  buffer.writeUInt16LE(value, at);
  buffer.writeUInt16BE(value, at + 2);
}

function pad(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((SECTOR - (data.length % SECTOR)) % SECTOR)]);
}
