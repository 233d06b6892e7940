import { QCOW2_MAGIC } from '../../model/image/disk-format.ts';
import { BaseImageDownloadError } from '../../model/errors.ts';
import { DownloadError, openDownload, redactUrl } from '../../system/http/download.ts';
import { pipeWithErrors } from '../../system/streams/pipe-with-errors.ts';
import type { Http } from '../../system/http/http.ts';
import { VerifiedStream } from '../../system/streams/verified-stream.ts';
import { type ImageSource, type VerifiedData, asData } from '../distribute/image-source.ts';
import type { UbuntuImage } from './ubuntu-images.ts';

const ATTEMPTS = 3;
const QCOW2 = { bytes: QCOW2_MAGIC, name: 'qcow2' };

/**
 * Returns Ubuntu's file as a source for `into`, such as `cloud a`. The data is streamed without a local copy, and its
 * checksum is verified before the receiver has the last byte.
 */
export function openUbuntuImage(image: UbuntuImage, into: string, downloads: Http): ImageSource {
  const url = redactUrl(image.url);
  return {
    what: `the transfer of ${url} into ${into}`,
    attempts: ATTEMPTS,
    open: (signal) => download(image, downloads, signal),
    explain: (cause) => new BaseImageDownloadError(`${url}: ${cause.message}`, { cause }),
  };
}

async function download(
  { url, sha256 }: UbuntuImage,
  downloads: Http,
  signal: AbortSignal,
): Promise<VerifiedData> {
  const response = await openDownload(downloads, url, signal);
  const size = Number(response.header('content-length') ?? Number.NaN);
  if (!Number.isSafeInteger(size)) {
    response.body.destroy();
    throw new DownloadError('build', 'expected a Content-Length, got none');
  }
  const verified = new VerifiedStream({ size, sha256, magic: QCOW2 });
  pipeWithErrors(
    response.body,
    verified,
    (cause) => new DownloadError('unavailable', 'the download broke off', { cause }),
  );
  return asData(verified, size);
}
