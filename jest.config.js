import { availableParallelism } from 'node:os';

const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    },
  ],
};

/** @type {import('jest').Config} */
const config = {
  testEnvironment: 'node',
  // Jest would guard what execa shares between test files, and end with a stack overflow when it runs in one process.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  roots: ['<rootDir>/src', '<rootDir>/tests'],
  testPathIgnorePatterns: ['/tests/e2e/'],
  testTimeout: 180_000, // real processes, on machines that may be busy
  maxWorkers: Math.max(3, availableParallelism()), // a worker waits for processes a good part of its time
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
};
export default config;
