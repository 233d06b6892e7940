/** A field is its length in four bytes, the highest first, and its bytes: what Perl packs by `N/a*`. */
const LENGTH_BYTES = 4;

/** The texts that a program sent. Throws RangeError when they are cut off. */
export function fieldsOf(bytes: Buffer): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const begin = at + LENGTH_BYTES;
    at = begin + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new RangeError('a field is cut off');
    fields.push(bytes.toString('utf8', begin, at));
  }
  return fields;
}

/** The same, to be sent. */
export function joinFields(fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const content = Buffer.from(field);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(content.length);
      return [length, content];
    }),
  );
}
