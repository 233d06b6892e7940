import { loadCompiled, matchTexts, notice, renderTable } from './reference-parts.js';

/** Describes each exit code, and who must act. */
const MEANINGS = {
  success: ['success', ''],
  bug: ['a defect of the program; a stack trace is printed', 'report it'],
  input: ['invalid options or clouds.yaml, or unknown names; all problems are listed', 'you'],
  denied: ['the cloud refused credentials, a role, a quota or a request', "you, or the cloud's operator"],
  unavailable: ['the cloud, a mirror or the guest did not answer in time', 'try again later'],
  build: ['an error in the guest, the script, a download or the image', 'see the message'],
  partial: [
    'the image is complete, but some clouds lack it (`images`) or did not answer (`clouds`)',
    'see the result of each cloud',
  ],
};

const PROSE = `On failure, stdout has \`{"error": {"kind", "type", "message", "step", "leftovers"}, …}\` beside the results so far, for
example the \`images\` of a distribution. \`leftovers\` names resources that could not be deleted. An invalid command line
prints a usage error on stderr and nothing on stdout. With \`--format text\`, stdout stays empty.

\`list\` has no \`error\` of its own. When no cloud answered, its exit code is that of the first cloud's failure, and
\`clouds\` has \`{"cloud", "error": {"kind", "type", "message"}}\` for each. \`prune\` and \`sweep\` report resources that a
cloud did not delete as warnings and exit with 0. When an image cannot be marked (\`prune --published\`), the command fails
before it deletes anything.`;

/**
 * Renders the page of the program's exit codes, from the program's table.
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
    `stopped by ${signals}, after incomplete resources were deleted`,
    '',
  ];
  const head = ['code', 'kind in the JSON error', 'meaning', 'who must act'];
  return [
    '# Exit codes',
    notice("the program's own table"),
    renderTable(head, [...rows, stopped]),
    PROSE,
  ].join('\n\n');
}
