import { loadCompiled, matchTexts, notice, renderTable } from './reference-parts.js';

/** The meaning of each exit code, and what to do. */
const MEANINGS = {
  success: ['success', ''],
  bug: ['a defect of the program, with a stack trace', 'report it'],
  input: [
    'invalid options or clouds.yaml, or names that do not exist; lists all problems',
    'correct the input',
  ],
  denied: [
    'the cloud refused the credentials, or a role, a quota or a request forbids the operation',
    "correct the credentials, or ask the cloud's operator",
  ],
  unavailable: [
    'the cloud, a download server or the guest did not answer in time, failed for the moment or limits its requests',
    'try again later; the message names the end of a limit',
  ],
  build: ['a step in the guest, the script, a download or a check of the image failed', 'see the message'],
  partial: [
    'the image is good, but some clouds did not get it (see `images`) or did not answer (see `clouds`)',
    'see the message of each cloud',
  ],
};

const PROSE = `On failure, stdout contains \`{"error": {"kind", "type", "message", "step", "leftovers"}, …}\` and the results that were
complete by then, such as \`images\` of \`distribute\`. \`leftovers\` names the resources that could not be deleted. A usage
error is printed on stderr, with nothing on stdout. With \`--format text\`, stdout stays empty. When a quota is too short for
the server of a build, the exit code is 3 and the kind \`quota\`: the build may succeed when other servers are deleted.

\`list\` has no \`error\` of its own. \`clouds\` contains \`{"cloud", "error": {"kind", "type", "message"}}\` for each cloud that
did not answer. If no cloud answered, the exit code is that of the first cloud. \`prune\` and \`sweep\` report resources that
could not be deleted as warnings, and exit with 0. \`prune --published\` fails before it deletes anything if a mark cannot be
set.`;

/**
 * Renders the program's exit codes, from its own table.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderExitCodes(root) {
  const { EXIT_CODES, SIGNAL_EXIT_CODES } = await loadCompiled(root, 'model/exit-codes');
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
    `stopped by ${signals}, after the undo of all steps`,
    '',
  ];
  const head = ['code', 'kind in the JSON error', 'meaning', 'what to do'];
  return [
    '# Exit codes',
    notice("the program's table of exit codes"),
    renderTable(head, [...rows, stopped]),
    PROSE,
  ].join('\n\n');
}
