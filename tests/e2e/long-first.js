import Sequencer from '@jest/test-sequencer';

/** The files that take longest, longest first. */
const LONG = ['charm', 'image', 'local', 'matrix', 'runner', 'proxy'].map((name) => `/${name}.e2e.test.ts`);

/** Starts the long files first, so that no worker waits for the last one. */
export default class LongFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONG.findIndex((end) => path.endsWith(end));
      return index === -1 ? LONG.length : index;
    };
    return [...tests].sort((a, b) => rank(a) - rank(b));
  }
}
