/** The bytes that a transfer has moved so far, and its size when it is known. */
export type ReadTransfer = () => { readonly moved: number; readonly size: number | undefined };

/** The state that a wait has seen last, and the time after which it gives up. */
export type ReadWait = () => { readonly seen: string; readonly leftMs: number };

/** A change of the state of a step, reported while a command runs. */
export type ProgressEvent =
  | { readonly kind: 'started'; readonly step: string }
  | { readonly kind: 'note'; readonly step: string; readonly text: string }
  /** Names the work, its reason and its means, which are known from this step on. */
  | { readonly kind: 'heading'; readonly step: string; readonly text: string }
  /** A transfer began. Outputs that show its progress read it themselves. */
  | { readonly kind: 'transfer'; readonly step: string; readonly read: ReadTransfer }
  /** A wait began. Outputs that show its state read it themselves. */
  | { readonly kind: 'wait'; readonly step: string; readonly read: ReadWait }
  | { readonly kind: 'finished'; readonly step: string; readonly seconds: number }
  | { readonly kind: 'failed'; readonly step: string; readonly seconds: number; readonly reason: string };
