import unit from './jest.config.js';

/** @type {import('jest').Config} */
const config = {
  ...unit,
  roots: ['<rootDir>/tests/e2e'],
  testPathIgnorePatterns: ['/tests/e2e/lab/'],
  testTimeout: 600_000,
  maxWorkers: 1, // one lab
};
export default config;
