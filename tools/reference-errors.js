import { readErrorClasses } from './error-classes.js';
import { loadCompiled, matchTexts, notice, renderTable, wrap } from './reference-parts.js';

const CREDENTIALS =
  'Correct the credentials, in the options of the charm, of the consumer or in clouds.yaml.';
const OPERATOR = "Ask the cloud's operator, with the request id in the message.";
const RETRY = 'Nothing; it is tried again. If it stays, follow the message.';
const INPUT = 'Correct what the message names.';
const DOWNLOAD = 'Check the URL, the proxy and the network path; see `preflight`.';
const GUEST = 'Read the end of the output in the message. By hand, `--keep-on-failure` keeps the server.';
const LATER = 'Try again later.';

/** The remedy for each class of error. */
const REMEDIES = {
  AddressError: 'Add the network to the option `consumer-local-cidrs`, if the cloud really has this address.',
  AddressNotFoundError: 'Choose a network with a subnet, or set a floating network; see Prerequisites.',
  AmbiguousNameError: 'Give the id in place of the name.',
  BaseImageDownloadError: DOWNLOAD,
  BuildImageError: 'See the message.',
  BuilderRunError: 'See the message of each image.',
  BuilderSetupError: 'Correct the machine of the unit as the message says.',
  BusyError: OPERATOR,
  CancelledError: 'Nothing; start it again if it should end.',
  CloudInitFailError: GUEST,
  CloudTimeoutError: `${OPERATOR} The message names the option of the limit.`,
  CloudUnavailableError: OPERATOR,
  CloudsYAMLError: 'Correct the file; see clouds.yaml.',
  CommandError: 'Check that the program exists and that the machine is not overloaded.',
  ConfigInvalidError: 'Correct each option that the status names.',
  ConflictError: 'Try again later, or ask the operator who else changes the resource.',
  DeadlineError: 'Set the limit that the message names, if the other side is only slow; see Waits.',
  DistributionError: 'See the message of each cloud; `distribute` copies the image later.',
  DownloadError: DOWNLOAD,
  ExternalScriptError: 'Correct the script; its last lines are in the message.',
  FlavorNotFoundError: 'Set a flavor that the message lists.',
  FlavorRequirementsNotMetError: 'Choose a larger flavor.',
  ForbiddenError: 'Ask the operator for the role or the quota.',
  ForeignAnswerError: 'Correct the URL, or the gateway in front of the service.',
  GetImageError: OPERATOR,
  GetLatestImageError: 'See the message of the cloud.',
  GithubError: 'Correct the token and its rights, or wait until the limit ends.',
  GuestCheckError: GUEST,
  ImageBuildError: 'See the message.',
  InputError: INPUT,
  InstanceLaunchError: "See the message, and the server's console log.",
  JobError: 'See the message; `show-build` has the log.',
  LayerError: RETRY,
  LocalAddressError:
    'Add the network to the option `consumer-local-cidrs`, if the cloud really has this address.',
  LockHeldError: 'Wait until the other process ends.',
  NetworkNotFoundError: 'Set a network that the message lists.',
  NoConnectionError: 'Check the URL and the network path from the unit.',
  NotFoundError: 'Check the name or id; somebody else may have deleted it.',
  OpenstackConnectionError: 'Check the URL and the network path from the unit.',
  OutdatedOrderError: RETRY,
  OutputLimitError: 'Report it.',
  QuotaError: 'Delete what is not needed, or ask the operator for a larger quota.',
  RegionNotFoundError: 'Set a region that the message lists.',
  RejectedError: OPERATOR,
  RunnerDownloadError: DOWNLOAD,
  ServerError: `${OPERATOR} It names the reason that Nova gave.`,
  SourceError: LATER,
  SshHostKeyError: 'Ask the operator which server answers at this address.',
  SshTimeoutError: 'Set a longer limit, if the guest is only slow.',
  SshUnreachableError: 'Check the network path from the unit to the server; see Prerequisites.',
  StaleSecretsError: RETRY,
  StepFailedError: 'See the message; `leftovers` names what to delete.',
  SystemdError: 'Read the journal of the service on the machine of the unit.',
  UnauthorizedError: CREDENTIALS,
  UnexpectedAnswerError: OPERATOR,
  UnexpectedDataError: 'Check the mirror; its data does not have the announced size or checksum.',
  UpgradeApplicationError: 'Free disk space on the machine of the unit; the next hook tries again.',
  UploadImageError: OPERATOR,
};

/**
 * Renders the classes of errors with the texts of their messages, from the sources.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderErrors(root) {
  const { SIGNAL_EXIT_CODES, exitCodeOfKind } = await loadCompiled(root, 'model/exit-codes');
  const codeOf = (kind) =>
    kind === 'cancelled' ? Object.values(SIGNAL_EXIT_CODES).join(', ') : exitCodeOfKind(kind);
  const errors = [...readErrorClasses(root)].sort((one, other) => (one.name < other.name ? -1 : 1));
  const names = errors.map(({ name }) => name);
  matchTexts('errors.md', names, REMEDIES);
  const rows = errors.map((each) => [
    `\`${each.name}\``,
    sentencesOf(each.about),
    ...describeKinds(each, codeOf),
    REMEDIES[each.name],
  ]);
  return [
    '# Errors',
    notice('the error classes and the places that create them'),
    wrap(
      'The name is `type` in the JSON error of the program. The unit status, `show-build` and the log show the message. ' +
        'The kind decides the [exit code](exit-codes.md). A failure that is not listed is a `bug` with exit code 1: report it. ' +
        'See also [troubleshooting](../how-to/troubleshoot.md), [prerequisites](../how-to/prerequisites.md), ' +
        '[waits](waits.md) and [clouds.yaml](clouds-yaml.md).',
    ),
    renderTable(['error', 'what failed', 'kind', 'exit code', 'what to do'], rows),
    '## Messages',
    wrap(
      'Search for words of a message. An ellipsis stands for what the code inserts. A message of a cloud begins with what was ' +
        'tried, the service and the name of the cloud. In the unit status, options have the names of the charm: ' +
        '`build-network` where the list has `--network`.',
    ),
    ...errors.flatMap(({ name, messages }) => renderMessages(name, messages)),
  ].join('\n\n');
}

function sentencesOf(about) {
  return about.replace(/\s+/g, ' ').replace(/^The error for (\w)/, (_, first) => first.toUpperCase());
}

function describeKinds({ kinds, takesCause }, codeOf) {
  if (kinds.length === 0) return ['that of the cause', ''];
  const words = kinds.map((kind) => `\`${kind}\``).join(', ');
  return [takesCause ? `${words}, or that of the cause` : words, kinds.map(codeOf).join(', ')];
}

function renderMessages(name, messages) {
  const lines = messages
    .map((message) => message.replace(/\s+/g, ' ').replace(/…+/g, '…').trim())
    .filter((message) => /[a-z]{2,} [a-z]{2,}/i.test(message));
  if (lines.length === 0) return [];
  return [`### ${name}`, lines.map((line) => `- ${quote(line)}`).join('\n')];
}

/** Quotes a text that may contain single backticks. */
function quote(text) {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
