/** How a qcow2 image begins. */
export const QCOW2_MAGIC = Uint8Array.of(0x51, 0x46, 0x49, 0xfb);

/** The disk format as the image's first bytes tell it; `label`, Glance's own word, is believed where they cannot. */
export function diskFormatOf(head: Uint8Array, label: string | undefined): string {
  if (QCOW2_MAGIC.every((byte, index) => head[index] === byte)) return 'qcow2';
  return label === undefined || label === 'qcow2' ? 'raw' : label;
}
