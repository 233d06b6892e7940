/** A snap channel as `track/risk`, in lower case; the empty string is "do not install". */
export type Channel = string;

/** The channel that every matrix has: the image without the snap. */
export const NO_CHANNEL: Channel = '';
