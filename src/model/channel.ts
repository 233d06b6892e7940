/** A snap channel as `track/risk`, in lower case; empty: the snap is not installed. */
export type Channel = string;

/** The channel of an image without the snap. Every matrix contains it. */
export const NO_CHANNEL: Channel = '';
