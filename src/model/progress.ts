/** A change of the state of a step, reported while a command runs. */
export type ProgressEvent =
  | { readonly kind: 'started'; readonly step: string }
  | { readonly kind: 'note'; readonly step: string; readonly text: string }
  | { readonly kind: 'finished'; readonly step: string; readonly seconds: number }
  | { readonly kind: 'failed'; readonly step: string; readonly seconds: number; readonly reason: string };
