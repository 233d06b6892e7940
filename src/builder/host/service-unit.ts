/** The command that starts the daemon. */
export interface ServiceCommand {
  /** The folder of the program in use. */
  readonly program: string;
  readonly node: string;
  readonly scheduler: string;
  /** The Juju unit: `app/0`. */
  readonly unitName: string;
  readonly root: string;
}

/**
 * Renders the systemd unit of the daemon of a Juju unit. systemd stops only the main process, so that builds outlive
 * the daemon.
 */
export function renderServiceUnit({ program, node, scheduler, unitName, root }: ServiceCommand): string {
  const args = [scheduler, '--unit', unitName, ...(root === '/' ? [] : ['--root', root])];
  const lines = [
    '[Unit]',
    `Description=Keeps the GitHub runner images of ${escapeSpecifiers(unitName)} fresh`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0', // no limit to restarts, because hooks start the daemon too
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

/** Escapes specifiers such as %i, which systemd expands in every value. */
function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** Quotes one word of a command line as described in systemd.syntax(7). */
function quoteProgram(text: string): string {
  const escaped = escapeSpecifiers(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** Quotes an argument. systemd expands $NAME in arguments, but not in the path of the program. */
function quoteArgument(text: string): string {
  return quoteProgram(text.replaceAll('$', '$$$$'));
}
