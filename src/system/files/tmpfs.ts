import { statfs } from 'node:fs/promises';

/** TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x01021994;

/** Reports whether `path`, with links followed, is on a tmpfs and thus only in memory. */
export async function isOnTmpfs(path: string): Promise<boolean> {
  const { type } = await statfs(path);
  return type === TMPFS;
}
