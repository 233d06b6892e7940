import { archNames } from '../../model/image/arch.ts';
import { BaseImageDownloadError, InputError } from '../../model/errors.ts';
import type { ImageConfig } from '../../model/run-config.ts';
import { redactUrl } from '../../system/http/download.ts';
import type { Downloads } from '../context.ts';
import { type FetchContext, fetchText } from '../fetch-text.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';

/** The parameters of an image that its base image depends on. */
export type UbuntuRelease = Pick<ImageConfig, 'base' | 'arch' | 'baseRelease'>;

/** A file of Ubuntu's cloud images with its published checksum. */
export interface UbuntuImage {
  readonly url: string;
  /** In hex. It identifies the serial, since each build of the image has a different checksum. */
  readonly sha256: string;
}

const MAX_SUMS_BYTES = 1024 * 1024;

/** Looks up an image of a base in Ubuntu's layout. Throws BaseImageDownloadError. */
export async function getUbuntuImage(
  context: FetchContext & Pick<Downloads, 'cloudImagesUrl'>,
  { base, arch, baseRelease }: UbuntuRelease,
): Promise<UbuntuImage> {
  const folder = `${withoutTrailing('/', context.cloudImagesUrl)}/${base}/${baseRelease || 'current'}`;
  const file = `${base}-server-cloudimg-${archNames(arch).ubuntu}.img`;
  const sums = await fetchSums(context, `${folder}/SHA256SUMS`, { base, baseRelease });
  const sha256 = parseSums(sums).get(file);
  if (sha256 === undefined) {
    throw new BaseImageDownloadError(
      `${redactUrl(folder)}/SHA256SUMS: expected a line for ${file}, found none`,
    );
  }
  return { url: `${folder}/${file}`, sha256 };
}

function fetchSums(
  context: FetchContext,
  url: string,
  { base, baseRelease }: Pick<UbuntuRelease, 'base' | 'baseRelease'>,
): Promise<string> {
  const release = baseRelease && `release ${baseRelease} of base ${base}: `;
  return fetchText(context, {
    url,
    what: redactUrl(url),
    maximum: MAX_SUMS_BYTES,
    fail: (message, { cause }) => {
      const problem = `${release}${message}`;
      const isUnknownRelease = release !== '' && cause.details.status === 404;
      return new BaseImageDownloadError(problem, {
        cause: isUnknownRelease ? new InputError([problem], { cause }) : cause,
      });
    },
  });
}

/** Reads lines of `<sha256> *<file>`, as sha256sum writes them. */
export function parseSums(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^([0-9a-fA-F]{64}) [ *](.+?)\r?$/gm);
  return new Map([...lines].map(([, sum = '', file = '']) => [file, sum.toLowerCase()]));
}
