/** A snap channel as `track/risk`, in lower case; the empty string is "do not install". */
export type Channel = string;

/** The channel that every matrix has: the image without the snap. */
export const NO_CHANNEL: Channel = '';

/**
 * Reads a comma list of snap channels, as the options `juju-channels` and `microk8s-channels` have it: each exactly
 * `track/risk`. Gives them sorted and unique, "do not install" first; what is none is added to `problems`.
 */
export function parseChannels(text: string, option: string, problems: string[]): readonly Channel[] {
  const given = text
    .split(',')
    .map((piece) => piece.trim().toLowerCase())
    .filter((piece) => piece !== '');
  for (const piece of given) {
    if (!isChannel(piece)) problems.push(`${option}: expected channels like 3.6/stable, got ${piece}`);
  }
  return [...new Set([NO_CHANNEL, ...given.filter(isChannel)])].sort();
}

/** Is it `track/risk`, both not empty, without a branch? */
export function isChannel(text: string): boolean {
  return /^[^\s/,]+\/[^\s/,]+$/.test(text);
}
