import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** What only bin/ and system/ may touch: the process, the clock and timers come in as arguments elsewhere. */
const outsideWorld = {
  'no-restricted-globals': [
    'error',
    'process',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'fetch',
    'console',
  ],
  'no-restricted-imports': ['error', { paths: ['node:process', 'node:timers', 'node:timers/promises'] }],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now' },
    { object: 'AbortSignal', property: 'timeout' },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: "NewExpression[callee.name='Date'][arguments.length=0]",
      message: 'take the time from a Clock',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/', '.bench/', 'coverage/', 'node_modules/', 'stubs/', 'tests/e2e/lab/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      '@typescript-eslint/no-confusing-void-expression': 'off', // its fixes hide what is passed on
      eqeqeq: 'error',
    },
  },
  { files: ['src/**/*.ts'], ignores: ['src/bin/**', 'src/system/**'], rules: outsideWorld },
  // A regular expression may run on foreign text, so it must take linear time: the text of an error, of a file, of a log.
  {
    files: ['src/**/*.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  // A function with more parameters than this lacks a named type.
  { files: ['src/**/*.ts'], rules: { 'max-params': ['error', { max: 4 }] } },
);
