import { loadCompiled, matchTexts, notice, readNumber, renderTable, wrap } from './reference-parts.js';
import { declareProgram } from './reference-program.js';

/**
 * Every wait that has an option, and those that are fixed.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderWaits(root) {
  const { DEFAULT_TIMEOUTS, timeoutOption } = await loadCompiled(root, 'model/timeouts');
  const { WAITS } = await loadCompiled(root, 'bin/image-builder/waits');
  const program = await declareProgram(root);
  matchTexts('waits.md', Object.keys(DEFAULT_TIMEOUTS), WAITS);
  const rows = Object.entries(DEFAULT_TIMEOUTS).map(([name, seconds]) => {
    const option = timeoutOption(name);
    return [WAITS[name], String(seconds), `\`${option}\``, whoHas(option, program)];
  });
  return [
    '# Waits',
    notice("the code's own tables and numbers"),
    wrap(
      'Every wait has a deadline and an option, in seconds. The tests in which the far side hangs are in ' +
        '`tests/image-builder/waits.test.ts`, one for each row.',
    ),
    renderTable(['what', 'default', 'option', 'commands'], rows),
    '## Fixed',
    (await listFixed(root)).map((line) => `- ${line}`).join('\n'),
  ].join('\n\n');
}

function whoHas(option, program) {
  const has = (command) => command.options.some(({ long }) => long === option);
  if (has(program)) return 'all';
  const names = program.commands.filter(has).map((command) => command.name());
  if (names.length === 0) throw new Error(`waits.md: expected a command with ${option}, got none`);
  return names.join(', ');
}

async function listFixed(root) {
  const number = (path, name) => readNumber(root, `src/${path}.ts`, name);
  const seconds = (path, name) => number(path, name) / 1000;
  return [
    `one try to connect over SSH: ${seconds('image-builder/reach-guest', 'CONNECT_TIMEOUT_MS')} s`,
    `SSH keep-alives: every ${seconds('system/ssh', 'KEEP_ALIVE_MS')} s, lost after ` +
      number('system/ssh-link', 'KEEP_ALIVE_MISSES'),
    `looks at what is waited for: every ${seconds('image-builder/wait-on', 'intervalMs')} s`,
    await describeCalls(root),
    `a transfer into a cloud: ${number('image-builder/distribute', 'ATTEMPTS')} tries, ` +
      `${describePauses(number('image-builder/distribute', 'ATTEMPTS'), seconds('image-builder/distribute', 'RETRY_DELAY_MS'))} s between them`,
    `a copy to many clouds departs ${seconds('image-builder/convoy', 'GRACE_MS')} s after the first cloud is ready, ` +
      `and lets a cloud go on by itself once it has held up the others for ${seconds('image-builder/convoy', 'PATIENCE_MS')} s ` +
      `and ${Math.round(number('system/fan-out', 'TOLERANCE') * 100)} % of the time`,
    `a server of a dead build to be gone: ${number('image-builder/sweep', 'LONGEST_S')} s at most`,
    await describeFetch(root),
    `a call of a hook tool: ${seconds('juju/call-tool', 'TIMEOUT_MS')} s; of systemctl: ${seconds('system/systemd', 'TIMEOUT_MS')} s`,
    `a removed unit waits for its builds to clean up: ${seconds('charm/leave-host', 'FAREWELL_MS')} s`,
    `the daemon ends after SIGTERM: ${seconds('bin/scheduler', 'STOP_WITHIN_MS')} s at most`,
    `the charm to take up news of the daemon: ${seconds('scheduler/charm-door', 'ENTRY_TIMEOUT_MS')} s, as other hooks go first`,
  ];
}

async function describeCalls(root) {
  const { callLimits } = await loadCompiled(root, 'openstack/retry');
  const { attempts, maximumDelayMs } = callLimits(0, undefined);
  const most = maximumDelayMs / 1000;
  return `a call to a cloud: ${attempts} tries, at most ${most} s between them unless Retry-After asks for more`;
}

function describePauses(tries, step) {
  return Array.from({ length: tries - 1 }, (_, index) => (index + 1) * step).join(' and ');
}

async function describeFetch(root) {
  const { FETCH } = await loadCompiled(root, 'guest/fetch');
  const [, pauses] = /for pause in ([\d ]+);/.exec(FETCH) ?? [];
  const [, most] = /--max-time (\d+)/.exec(FETCH) ?? [];
  if (pauses === undefined || most === undefined)
    throw new Error('guest/fetch: expected pauses and --max-time');
  return `a download inside the guest: ${pauses.split(' ').length} tries of at most ${most} s`;
}
