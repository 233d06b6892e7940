/** The first bytes of a qcow2 image. */
export const QCOW2_MAGIC = Uint8Array.of(0x51, 0x46, 0x49, 0xfb);

/** Returns the disk format. The first bytes decide on qcow2; else `label`, which is Glance's value, is used. */
export function diskFormatOf(head: Uint8Array, label: string | undefined): string {
  if (QCOW2_MAGIC.every((byte, index) => head[index] === byte)) return 'qcow2';
  return label === undefined || label === 'qcow2' ? 'raw' : label;
}
