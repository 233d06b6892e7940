import { loadCompiled, matchTexts, notice, readNumber, renderTable, wrap } from './reference-parts.js';
import { declareProgram, listLeaves } from './reference-program.js';

/**
 * Renders every wait: those with an option, and those with a fixed deadline.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderWaits(root) {
  const { DEFAULT_TIMEOUTS, timeoutOption } = await loadCompiled(root, 'model/job/timeouts');
  const { WAITS } = await loadCompiled(root, 'cli/commands/waits');
  const program = await declareProgram(root);
  matchTexts('waits.md', Object.keys(DEFAULT_TIMEOUTS), WAITS);
  const rows = Object.entries(DEFAULT_TIMEOUTS).map(([name, seconds]) => {
    const option = timeoutOption(name);
    return [WAITS[name], String(seconds), `\`${option}\``, listCommandsWith(option, program)];
  });
  return [
    '# Waits',
    notice('the constants in the code'),
    wrap(
      'Each of these waits has a deadline in seconds, and an option that sets it. `tests/image-builder/waits.test.ts` ' +
        'has one test for each row, in which the other side never answers.',
    ),
    renderTable(['wait', 'default', 'option', 'commands'], rows),
    '## Fixed waits',
    (await listFixed(root)).map((line) => `- ${line}`).join('\n'),
  ].join('\n\n');
}

function listCommandsWith(option, program) {
  const has = (command) => command.options.some(({ long }) => long === option);
  if (has(program)) return 'all';
  const names = listLeaves(program).flatMap(({ name, command }) => (has(command) ? [name] : []));
  if (names.length === 0) throw new Error(`waits.md: expected a command with ${option}, got none`);
  return names.join(', ');
}

async function listFixed(root) {
  const number = (path, name) => readNumber(root, `src/${path}.ts`, name);
  const seconds = (path, name) => number(path, name) / 1000;
  return [
    `one attempt to connect over SSH: ${seconds('image-builder/build/guest/reach-guest', 'CONNECT_TIMEOUT_MS')} s`,
    `SSH keep-alives: every ${seconds('system/ssh/ssh', 'KEEP_ALIVE_MS')} s; the connection is lost after ` +
      `${number('system/ssh/ssh-link', 'KEEP_ALIVE_MISSES')} without an answer`,
    `the pause between two looks at a cloud: at most ${seconds('image-builder/wait-on', 'LONGEST_PAUSE_MS')} s, and less at first`,
    await describeCalls(root),
    `a transfer into a cloud: ${number('image-builder/distribute/distribute', 'ATTEMPTS')} attempts, ` +
      `${describePauses(number('image-builder/distribute/distribute', 'ATTEMPTS'), seconds('image-builder/distribute/distribute', 'RETRY_DELAY_MS'))} s between them`,
    `a copy to many clouds starts at most ${seconds('image-builder/distribute/shared-read', 'JOIN_WINDOW_MS')} s after the first cloud is ready, ` +
      `and a cloud continues alone once another has waited ${seconds('image-builder/distribute/shared-read', 'MAX_DELAY_MS')} s ` +
      `plus ${Math.round(number('system/streams/fan-out', 'TOLERANCE') * 100)} % of the elapsed time longer than it has waited itself`,
    `the deletion of a dead build's server: at most ${number('image-builder/cleanup/sweep', 'MAX_DELETE_WAIT_S')} s`,
    await describeFetch(root),
    `a call of a hook tool: ${seconds('juju/call-tool', 'TIMEOUT_MS')} s; a call of systemctl: ${seconds('system/process/systemd', 'TIMEOUT_MS')} s`,
    `the clean-up of running builds when a unit is removed: ${seconds('charm/leave-host', 'JOBS_END_TIMEOUT_MS')} s`,
    `the end of the daemon after SIGTERM: at most ${seconds('bin/scheduler', 'STOP_TIMEOUT_MS')} s`,
    `the dispatch that the daemon requests: ${seconds('scheduler/notify/dispatch-charm', 'DISPATCH_TIMEOUT_MS')} s, because other hooks run first`,
  ];
}

async function describeCalls(root) {
  const { callLimits } = await loadCompiled(root, 'openstack/api/retry');
  const { attempts, maximumDelayMs } = callLimits(0, undefined);
  const most = maximumDelayMs / 1000;
  return `a call to a cloud: ${attempts} attempts, at most ${most} s between them unless Retry-After demands more`;
}

function describePauses(attempts, step) {
  return Array.from({ length: attempts - 1 }, (_, index) => (index + 1) * step).join(' and ');
}

async function describeFetch(root) {
  const { FETCH } = await loadCompiled(root, 'guest/shell/fetch');
  const [, pauses] = /for pause in ([\d ]+);/.exec(FETCH) ?? [];
  const [, most] = /--max-time (\d+)/.exec(FETCH) ?? [];
  if (pauses === undefined || most === undefined)
    throw new Error('guest/shell/fetch: no pauses or no --max-time in the script');
  return `a download inside the guest: ${pauses.split(' ').length} attempts of at most ${most} s`;
}
