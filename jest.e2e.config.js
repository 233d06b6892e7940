import { env } from 'node:process';
import unit from './jest.config.js';

/** @type {import('jest').Config} */
const config = {
  ...unit,
  roots: ['<rootDir>/tests/e2e'],
  testPathIgnorePatterns: ['/tests/e2e/lab/'],
  testSequencer: '<rootDir>/tests/e2e/long-first.js',
  testTimeout: 3_600_000, // each wait has its own deadline
  maxWorkers: Number(env.E2E_WORKERS ?? 1), // the lab has projects for two
};
export default config;
