/** A field is its length in four big-endian bytes, followed by its bytes, as Perl's `N/a*` packs it. */
const LENGTH_BYTES = 4;

/** Parses the fields that a program sent. Throws RangeError when a field is truncated. */
export function parseFields(bytes: Buffer): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const begin = at + LENGTH_BYTES;
    at = begin + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new RangeError('a field is truncated');
    fields.push(bytes.toString('utf8', begin, at));
  }
  return fields;
}

/** Renders fields for sending. */
export function renderFields(fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const content = Buffer.from(field);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(content.length);
      return [length, content];
    }),
  );
}
