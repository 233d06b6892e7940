import { statfs } from 'node:fs/promises';

/** TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x01021994;

/** Is what `path` leads to kept in memory only? Links are followed. */
export async function isOnTmpfs(path: string): Promise<boolean> {
  const { type } = await statfs(path);
  return type === TMPFS;
}
