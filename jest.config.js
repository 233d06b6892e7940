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
  roots: ['<rootDir>/src', '<rootDir>/tests'],
  testPathIgnorePatterns: ['/tests/e2e/'],
  testTimeout: 60_000, // real processes, on machines that may be busy
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
};
export default config;
