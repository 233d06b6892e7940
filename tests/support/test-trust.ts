import { openTrustStore } from '../../src/system/http/trust-store.ts';

/** The certificate authorities of Node and of this system, independent of the environment of the tests. */
export const TEST_TRUST = openTrustStore({}).trust('set the option of the test');
