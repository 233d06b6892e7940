/** What the daemon is started with. */
export interface ServiceCommand {
  /** Where the program in use is. */
  readonly program: string;
  readonly node: string;
  readonly scheduler: string;
  /** The Juju unit: `app/0`. */
  readonly unitName: string;
  readonly root: string;
}

/** The systemd unit of a unit's daemon. Builds that it started outlive it: only its main process is stopped. */
export function renderServiceUnit({ program, node, scheduler, unitName, root }: ServiceCommand): string {
  const args = [scheduler, '--unit', unitName, ...(root === '/' ? [] : ['--root', root])];
  const lines = [
    '[Unit]',
    `Description=Keeps the GitHub runner images of ${escapeSpecifiers(unitName)} fresh`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0', // it is started again however often it ends: hooks start it as well
    '',
    '[Service]',
    'Type=simple',
    `ExecStart=${[quoteProgram(node), ...args.map(quoteArgument)].join(' ')}`,
    `WorkingDirectory=${escapeSpecifiers(program)}`,
    'Restart=always',
    'RestartSec=5',
    'KillMode=process',
    'TimeoutStopSec=10',
    'UMask=0077',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
  return `${lines.join('\n')}\n`;
}

/** In every value systemd replaces %i and the like. */
function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** One word of a command line, as systemd.syntax(7) quotes it. */
function quoteProgram(text: string): string {
  const escaped = escapeSpecifiers(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** In arguments, but not in the program's path, systemd replaces $NAME also. */
function quoteArgument(text: string): string {
  return quoteProgram(text.replaceAll('$', '$$$$'));
}
