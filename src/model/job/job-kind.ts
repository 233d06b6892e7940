/** The kinds of jobs. */
export type JobKind = (typeof JOB_KINDS)[number];

/** `prune` prunes one image in one cloud, and `prune-clouds` several clouds at once. */
export const JOB_KINDS = [
  ...(['prepare', 'layer', 'build', 'copy', 'prune', 'sweep'] as const),
  ...(['prune-clouds', 'preflight', 'trial'] as const),
] as const;
