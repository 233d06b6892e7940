/** A snap channel as `track/risk` or `track/risk/branch`, in lower case; empty: the snap is not installed. */
export type Channel = string;

/** The channel of an image without the snap. Every matrix contains it. */
export const NO_CHANNEL: Channel = '';

const CHANNEL = /^[a-z0-9][a-z0-9._-]*\/(?:stable|candidate|beta|edge)(?:\/[a-z0-9][a-z0-9.-]*)?$/;
const MAX_LENGTH = 100;

/** Describes the form of a channel. */
export const CHANNEL_FORM = 'TRACK/RISK or TRACK/RISK/BRANCH, such as 3.6/stable';

/** Returns a channel in lower case, or undefined for a text of another form. */
export function parseChannel(text: string): Channel | undefined {
  const channel = text.trim().toLowerCase();
  return channel.length <= MAX_LENGTH && CHANNEL.test(channel) ? channel : undefined;
}

/** Returns a channel as a part of an image name. */
export function channelInName(channel: Channel): string {
  return channel.replaceAll('/', '-');
}

/**
 * Parses a comma-separated list of channels, without the empty channel. Reports words that are no channels, and channels
 * whose images would have the same name.
 */
export function parseChannels(
  list: string,
  addProblem: (expected: string, got: string) => void,
): readonly Channel[] {
  const words = list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const invalid = words.filter((word) => parseChannel(word) === undefined);
  if (invalid.length > 0) addProblem(`a comma list of ${CHANNEL_FORM}`, invalid.join(', '));
  const channels = words.flatMap((word) => parseChannel(word) ?? []);
  const names = channels.map(channelInName);
  const repeated = channels.find((channel, index) => names.indexOf(channelInName(channel)) !== index);
  const first = channels.find((channel) => channelInName(channel) === channelInName(repeated ?? ''));
  if (repeated !== undefined && first === repeated) addProblem('each channel once', `${repeated} twice`);
  else if (repeated !== undefined)
    addProblem('channels with different image names', `${String(first)} and ${repeated}`);
  return channels;
}
