import type { BuildInputs } from '../model/build-inputs.ts';
import type { DesiredImages } from '../model/desired-state.ts';

/** What images are to be made from now; `version` is this software's. */
export function wantedInputs({ runnerVersion, scriptDigest }: DesiredImages, version: string): BuildInputs {
  return {
    charm: version,
    runner: runnerVersion === '' ? 'latest' : runnerVersion,
    script: scriptDigest === '' ? 'none' : scriptDigest,
  };
}
