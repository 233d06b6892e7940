import { fields, withDefault, nameText, shortText } from '../decode.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../owner.ts';

const MARK = 'image-builder:';

const metadataFields = fields({
  [OWNER_KEYS.application]: nameText,
  [OWNER_KEYS.modelUuid]: withDefault(shortText, ''),
  [OWNER_KEYS.unit]: withDefault(shortText, ''),
  [OWNER_KEYS.buildId]: withDefault(shortText, ''),
  [OWNER_KEYS.process]: nameText,
});

/** Returns the owner metadata as the comment of a public key, because Nova keeps no metadata for keypairs. */
export function encodeKeypairComment(owner: Owner, process: string): string {
  const metadata = { ...encodeOwner(owner), [OWNER_KEYS.process]: process };
  return MARK + Buffer.from(JSON.stringify(metadata)).toString('base64url');
}

/** Returns the metadata in the comment of a public key; undefined when `encodeKeypairComment` did not write it. */
export function findKeypairMetadata(publicKey: string): Readonly<Record<string, string>> | undefined {
  const comment = publicKey.trim().split(' ')[2];
  if (comment?.startsWith(MARK) !== true) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(comment.slice(MARK.length), 'base64url').toString());
    const problems: string[] = [];
    const metadata = metadataFields(json, '', problems);
    return problems.length === 0 ? metadata : undefined;
  } catch {
    return undefined;
  }
}
