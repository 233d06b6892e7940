import type { Trial } from '../../src/model/job/trial.ts';
import { uuidOf } from './uuid-of.ts';

/** Returns a trial in the build cloud that runs no job. */
export function makeTrial(change: Partial<Trial> = {}): Trial {
  return {
    ...{ imageName: 'img', cloudId: 'builder', imageId: uuidOf('i'), network: '', timeout: 600 },
    ...{ githubPath: 'octo-org', githubGroup: '', githubApiUrl: 'https://api.github.com', workflow: '' },
    ...change,
  };
}
