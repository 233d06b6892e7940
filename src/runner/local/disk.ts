import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { openUbuntuImage } from '../../image-builder/base-images/download-source.ts';
import type { UbuntuImage } from '../../image-builder/base-images/ubuntu-images.ts';
import type { CommandLimits } from '../../image-builder/build/guest/guest-session.ts';
import type { Deadlines, Downloads, Recorder } from '../../image-builder/context.ts';
import { transferLimits } from '../../image-builder/distribute/transfer.ts';
import { fields, integer } from '../../model/decode.ts';
import { ImageBuildError, InputError } from '../../model/errors.ts';
import { errorCodeOf } from '../../system/error-code.ts';
import { runCommand } from '../../system/process/command.ts';
import { SourceError } from '../../system/streams/source-error.ts';
import { withTransferLimits } from '../../system/streams/transfer-limits.ts';

/** The limits of one run of qemu-img. */
type QemuLimits = Pick<CommandLimits, 'timeouts' | 'signal'>;

const PAUSE_MS = 5000;
const GIB = 1024 ** 3;

type DownloadContext = Deadlines & Pick<Downloads, 'downloads'> & Pick<Recorder, 'warn'>;

/** Downloads a cloud image into a file and verifies its checksum. Retries a failed download, but not a full disk. */
export async function downloadImage(
  image: UbuntuImage,
  path: string,
  context: DownloadContext,
): Promise<void> {
  const source = openUbuntuImage(image, 'the work folder', context.downloads);
  for (let attempt = 1; ; attempt++) {
    let moved = (): number => 0;
    const save = async (signal: AbortSignal): Promise<void> => {
      const data = await source.open(signal);
      moved = data.moved;
      await pipeline(data.stream, createWriteStream(path, { mode: 0o600 }), { signal });
    };
    try {
      const progress = () => ({ moved: moved(), size: undefined });
      return await withTransferLimits(save, progress, transferLimits(source.what, context));
    } catch (error) {
      await rm(path, { force: true });
      const failure =
        error instanceof SourceError ? (source.explain?.(error) ?? error) : explainWrite(error, path);
      const isFinal = !(error instanceof SourceError) || attempt >= source.attempts;
      if (isFinal) throw failure;
      context.warn(`${error.message}; trying again`);
      await context.clock.sleep(PAUSE_MS * attempt, context.signal);
    }
  }
}

function explainWrite(error: unknown, path: string): unknown {
  if (errorCodeOf(error) !== 'ENOSPC') return error;
  return new InputError([`${path}: the disk is full; set --work-folder to a larger disk`], { cause: error });
}

/** A disk image, and qemu-img. */
interface DiskTools {
  readonly qemuImg: string;
  readonly folder: string;
}

const infoFields = fields({ 'virtual-size': integer });

/** Grows a disk image to so many GiB. Throws InputError when it is larger already. */
export async function growDisk(
  disk: string,
  gib: number,
  tools: DiskTools,
  limits: QemuLimits,
): Promise<void> {
  const info: unknown = JSON.parse(
    await runQemuImg(['info', '--output=json', '-f', 'qcow2', disk], tools, limits),
  );
  const size = infoFields(info, '', [])?.['virtual-size'] ?? 0;
  if (size > gib * GIB) {
    throw new InputError([
      `--disk: expected at least ${Math.ceil(size / GIB)}, the size of the base image, got ${gib}`,
    ]);
  }
  await runQemuImg(['resize', '-f', 'qcow2', disk, `${gib}G`], tools, limits);
}

/** Writes a compressed copy of a disk image, without the blocks that its guest has freed. */
export async function compressDisk(
  disk: string,
  copy: string,
  tools: DiskTools,
  limits: QemuLimits,
): Promise<void> {
  await runQemuImg(['convert', '-c', '-f', 'qcow2', '-O', 'qcow2', disk, copy], tools, limits);
}

async function runQemuImg(
  args: readonly string[],
  { qemuImg, folder: cwd }: DiskTools,
  { timeouts, signal }: QemuLimits,
): Promise<string> {
  const timeoutMs = timeouts.transferTimeout * 1000;
  const ended = await runCommand({ file: qemuImg, args, env: { LC_ALL: 'C' }, cwd, timeoutMs, signal });
  if (ended.exitCode === 0) return ended.stdout;
  signal.throwIfAborted();
  const reason = ended.stderr.trim().slice(-500) || `it was ended by ${ended.signal ?? 'an unknown signal'}`;
  const message = `qemu-img ${args[0] ?? ''} failed: ${reason}`;
  const isFull = reason.includes('No space left on device');
  throw isFull
    ? new InputError([`${message}; set --work-folder to a larger disk`])
    : new ImageBuildError(message);
}
