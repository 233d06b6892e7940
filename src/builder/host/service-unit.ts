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
 * The limits of the daemon and of its jobs, which are in the same sandbox. It stays root, because juju-exec needs it, and
 * writes below /var and /run, where folders appear later than the service. There is no memory limit: it would count the
 * jobs, which outlive the daemon in its control group. MemoryDenyWriteExecute would stop V8.
 */
const HARDENING = [
  'NoNewPrivileges=yes',
  'ProtectSystem=full',
  'ProtectHome=read-only',
  'PrivateTmp=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'LockPersonality=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK', // netlink lists this machine's addresses
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
];

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
    ...HARDENING,
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
