/** What happens to a step of a build, for whoever watches. */
export type ProgressEvent =
  | { readonly kind: 'started'; readonly step: string }
  | { readonly kind: 'note'; readonly step: string; readonly text: string }
  | { readonly kind: 'finished'; readonly step: string; readonly seconds: number }
  | { readonly kind: 'failed'; readonly step: string; readonly seconds: number; readonly reason: string };
