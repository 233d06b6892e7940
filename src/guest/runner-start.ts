import { quoteForShell } from '../model/text/quote-for-shell.ts';

/*
 * The commands that start the runner of an image. They run over SSH as the user ubuntu. The secret of the registration
 * comes on stdin. It is in a file of mode 0600 until the runner's process has read it, and then in the environment of
 * that process, where the runner looks for its arguments (ACTIONS_RUNNER_INPUT_<NAME>). It is in no argument. The file is
 * in memory, because a deleted file stays on a disk, and in its snapshots.
 */

const FOLDER =
  'cd "$HOME/actions-runner" || { echo "the image has no runner: $HOME/actions-runner is missing"; exit 3; }';

/** The files of a started runner, in its folder. */
const LOG = 'launch.log';
const PID = 'launch.pid';

/** The registration of a runner that the server is too old to configure. */
export interface TokenRegistration {
  readonly url: string;
  readonly name: string;
  readonly labels: readonly string[];
  /** Empty: the default group. */
  readonly group: string;
}

/** Returns a command that starts a process in the background, which reads `variable` from stdin through a file. */
function startCommand(variable: string, program: string): string {
  const inner = [
    'file=$1',
    `IFS= read -r ${variable} <"$file" || [ -n "$${variable}" ]`,
    'rm -f "$file"',
    `export ${variable}`,
    'umask 022', // jobs make files that other users of a container read
    program,
  ].join('\n');
  return [
    'set -u',
    'umask 077',
    FOLDER,
    `if [ ! -x run.sh ]; then echo "the image has no runner: $PWD/run.sh is missing"; exit 3; fi`,
    'file=$(mktemp /dev/shm/runner-XXXXXX) || { echo "the secret of the runner needs /dev/shm, which cannot be written"; exit 3; }',
    'cat >"$file" || { rm -f "$file"; exit 1; }',
    `setsid sh -c ${quoteForShell(inner)} runner "$file" </dev/null >${LOG} 2>&1 &`,
    `echo "$!" >${PID}`,
  ].join('\n');
}

/** The command that starts the runner with a just-in-time config, which it reads from stdin. */
export const START_JIT_COMMAND = startCommand('ACTIONS_RUNNER_INPUT_JITCONFIG', 'exec ./run.sh');

/** Returns the command that registers the runner for one job with a token, which it reads from stdin, and starts it. */
export function renderStartWithToken({ url, name, labels, group }: TokenRegistration): string {
  const options = [
    ...['--unattended', '--ephemeral', '--url', url, '--name', name, '--labels', labels.join(',')],
    ...(group === '' ? [] : ['--runnergroup', group]),
  ];
  const configure = `./config.sh ${options.map(quoteForShell).join(' ')} || exit`;
  const program = [configure, 'unset ACTIONS_RUNNER_INPUT_TOKEN', 'exec ./run.sh'].join('\n');
  return startCommand('ACTIONS_RUNNER_INPUT_TOKEN', program);
}

// A process that has ended but was not reaped yet has the state Z.
/** The command that succeeds while the runner's process lives. It prints the end of the runner's log. */
export const WATCH_RUNNER_COMMAND = [
  FOLDER,
  'code=0',
  `grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$(cat ${PID})/status" || code=1`,
  `tail -n 10 ${LOG}`, // after the state, so that the lines of a runner that has ended are complete
  'exit "$code"',
].join('\n');
