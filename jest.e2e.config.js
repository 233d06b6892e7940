import unit from './jest.config.js';

/** @type {import('jest').Config} */
const config = {
  ...unit,
  roots: ['<rootDir>/tests/e2e'],
  testPathIgnorePatterns: ['/tests/e2e/lab/'],
  testSequencer: '<rootDir>/tests/e2e/long-first.js',
  testTimeout: 1_200_000,
  maxWorkers: 2, // each has its own projects in the lab
};
export default config;
