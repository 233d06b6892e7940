/** The first bytes of a qcow2 image. */
export const QCOW2_MAGIC = Uint8Array.of(0x51, 0x46, 0x49, 0xfb);

/** Returns the disk format: qcow2 if the image starts like one, else Glance's `label`, or raw if the label says qcow2. */
export function diskFormatOf(head: Uint8Array, label: string | undefined): string {
  if (QCOW2_MAGIC.every((byte, index) => head[index] === byte)) return 'qcow2';
  return label === undefined || label === 'qcow2' ? 'raw' : label;
}
