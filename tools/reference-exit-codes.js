import { loadCompiled, matchTexts, notice, renderTable } from './reference-parts.js';

/** What each code of the program says, and who acts. */
const MEANINGS = {
  success: ['done', ''],
  bug: ['a defect of the program, with a stack trace', 'report it'],
  input: ['options, clouds.yaml, or names of things that are not there; all problems at once', 'you'],
  denied: ['the cloud refuses: credentials, roles, quotas, requests', "you, or the cloud's operator"],
  unavailable: ['the cloud, a mirror or the guest did not answer in time', 'try again later'],
  build: ['the guest, the script, a download or the image is not as it should be', 'as the message says'],
  partial: [
    'the image is good, but not all clouds have it (`images`), or answered (`clouds`)',
    'as it says for each',
  ],
};

const PROSE = `On failure stdout has \`{"error": {"kind", "type", "message", "step", "leftovers"}, …}\`, beside what was finished by then
(\`images\` of a distribution, for one); \`leftovers\` names what could not be unmade. Words that no command understands
print a usage error on stderr, and nothing on stdout. With \`--format text\` stdout stays empty.

\`list\` has no \`error\` of its own: when no cloud answered, its code is that of the first one's failure, and \`clouds\` tells
for each \`{"cloud", "error": {"kind", "type", "message"}}\`. \`prune\` and \`sweep\` tell what a cloud did not let go as
warnings, and end with 0; a mark that cannot be set (\`prune --published\`) fails before anything is deleted.`;

/**
 * The program's exit codes, from its own table.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderExitCodes(root) {
  const { EXIT_CODES, SIGNAL_EXIT_CODES } = await loadCompiled(root, 'bin/image-builder/exit-codes');
  matchTexts('exit-codes.md', Object.keys(EXIT_CODES), MEANINGS);
  const rows = Object.entries(EXIT_CODES).map(([kind, code]) => [
    String(code),
    kind === 'success' ? '' : `\`${kind}\``,
    ...MEANINGS[kind],
  ]);
  const signals = Object.keys(SIGNAL_EXIT_CODES).join(' or ');
  const stopped = [
    Object.values(SIGNAL_EXIT_CODES).join(', '),
    '`cancelled`',
    `stopped by ${signals}, after what was half-made was unmade`,
    '',
  ];
  const head = ['code', 'kind in the JSON error', 'what it says', 'who acts'];
  return [
    '# Exit codes',
    notice("the program's own table"),
    renderTable(head, [...rows, stopped]),
    PROSE,
  ].join('\n\n');
}
