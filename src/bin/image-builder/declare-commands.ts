import { Command, CommanderError, Option } from 'commander';
import { BASE_SPELLINGS } from '../../model/base.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutOption } from '../../model/timeouts.ts';
import type { Invocation } from './invocation.ts';
import { DISTRIBUTE_WAITS, INIT_WAITS, RUN_WAITS, SWEEP_WAITS, WAITS } from './waits.ts';

const OWNER_SHAPE = '{"application", "model_uuid", "unit", "build_id", "run_config"}';
const SHARE = 'another project of the same cloud gets a share in the image, not a copy';

/** Where help and usage errors go. */
export interface Writers {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

type Take = (command: Invocation['command']) => (...given: unknown[]) => void;

/** The program with its commands and options; `choose` hears what was asked for. */
export function createProgram(
  choose: (invocation: Invocation) => void,
  writers: Writers,
  version: string,
): Command {
  const take: Take =
    (command) =>
    (...given) => {
      const self = given.pop() as Command;
      choose({ command, args: self.args, options: self.optsWithGlobals() });
    };
  const program = declareProgram(take, version);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: writers.out, writeErr: hideValues(writers.err) });
    command.configureHelp({ showGlobalOptions: true, helpWidth: 100 });
  }
  return program;
}

/** A mistyped option is told without its value, which may be a secret. */
function hideValues(write: Writers['err']): Writers['err'] {
  return (text) => {
    write(text.replace(/(--[\w-]+)=[^\n]*/g, '$1=…'));
  };
}

/** Runs the program on `argv`; gives the exit code when it ended with help or a usage error. */
export function runCommander(program: Command, argv: readonly string[]): number | undefined {
  try {
    program.parse(argv, { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

function declareProgram(take: Take, version: string): Command {
  const program = new Command('github-runner-image-builder')
    .description('Builds VM images of GitHub runners on OpenStack.')
    .version(version)
    .option('--os-cloud <name>', 'cloud of clouds.yaml (default: $OS_CLOUD, else the first)')
    .option('--log-level <level>', 'debug, info, warning or error', 'info')
    .option('--format <format>', 'json: one object on stdout; text: what the Python program printed', 'json')
    .option('--log-format <format>', 'what stderr gets: text, or json, one object on each line', 'text')
    .option('--owner <json>', `who orders it: ${OWNER_SHAPE}`)
    .option('--api-timeout <seconds>', `${WAITS.apiTimeout} (default: ${DEFAULT_TIMEOUTS.apiTimeout})`);
  addInit(program, take);
  addRun(program, take);
  addDistribute(program, take);
  addLooks(program, take);
  addPrune(program, take);
  addSweep(program, take);
  return program;
}

function addLooks(program: Command, take: Take): void {
  program
    .command('latest-build-id')
    .description('Tells the id of the newest active image of exactly this name; nothing when there is none.')
    .argument('<image-name>')
    .option('--any-status', 'also one that is not active')
    .action(take('latest-build-id'));
  program
    .command('list')
    .description(
      'Lists the runner images in several clouds, those under way too; with --owner its application’s only.',
    )
    .option('--clouds <list>', 'clouds of clouds.yaml, looked at with their own tokens (default: --os-cloud)')
    .option(
      '--also <cloud=id...>',
      'images of whatever owner: tells for each cloud which of its own are active; a comma list does as well',
    )
    .action(take('list'));
}

function addPrune(program: Command, take: Take): void {
  program
    .command('prune')
    .description(
      'Deletes older revisions of one image; never published, protected, newest or unfinished ones.',
    )
    .argument('<image-name>')
    .option('-k, --keep-revisions <number>', 'how many of the newest stay', '5')
    .option('--protect <ids...>', 'ids that stay whatever their age; a comma list does as well')
    .option(
      '--published <ids...>',
      'ids that are published, "" for none: these alone of --owner’s get the mark that protects, before the prune',
    )
    .option('--dry-run', 'only tell what would be marked and deleted')
    .action(take('prune'));
}

function addSweep(program: Command, take: Take): void {
  const sweep = program
    .command('sweep')
    .description(
      'Deletes what dead builds of --owner (else of --prefix) left: servers, ports, keypairs, unfinished images.',
    )
    .option('--prefix <prefix>', 'what the names of resources begin with')
    .action(take('sweep'));
  addWaits(sweep, SWEEP_WAITS);
}

function addInit(program: Command, take: Take): void {
  const init = program
    .command('init')
    .description('Prepares a cloud for builds: the security group, and the base images asked for.')
    .option('--base-image <list>', `comma list of ${BASE_SPELLINGS.join(', ')}`, 'noble');
  addCommon(init, take('init'), INIT_WAITS);
}

function addDistribute(program: Command, take: Take): void {
  const distribute = program
    .command('distribute')
    .description('Puts an image of --os-cloud into other clouds: read once, written to all at the same time.')
    .argument('<image-id>')
    .option('--upload-clouds <list>', 'clouds of clouds.yaml that get the image')
    .option('--share', SHARE)
    .option('-k, --keep-revisions <number>', 'how many revisions of the image stay there (default: all)')
    .action(take('distribute'));
  addWaits(distribute, DISTRIBUTE_WAITS);
}

function addRun(program: Command, take: Take): void {
  const run = program
    .command('run')
    .description(
      'Builds an image: boots a server, provisions, checks and stops it, and keeps an image of it.',
    )
    .argument('<image-name>')
    .option('-b, --base-image <base>', `one of ${BASE_SPELLINGS.join(', ')}`, 'noble')
    .option('--flavor <flavor>', 'name or id (default: the smallest with 2 vCPU, 1024 MiB, 20 GiB)')
    .option('--network <network>', 'name or id (default: the only one with a subnet)')
    .option('-k, --keep-revisions <number>', 'how many revisions of the image stay (default: 5)')
    .option('--no-prune', 'delete no revision')
    .option('--upload-clouds <list>', 'clouds of clouds.yaml that get the image (default: the build cloud)')
    .option('--share', SHARE)
    .option('--ssh-port <port>', 'where servers answer SSH (default: $IMAGE_BUILDER_SSH_PORT, else 22)')
    .option('--runner-version <version>', "the GitHub runner's version (default: the latest)")
    .addOption(
      new Option('--runner-releases-url <url>', "where the GitHub runner's releases are").default(
        'https://github.com/actions/runner/releases',
      ),
    )
    .option('--script-url <url>', 'script to run as root in the guest (default: $IMAGE_BUILDER_SCRIPT_URL)')
    .option('--secrets-fd <number>', 'an open descriptor, 3 or more, with {"scriptUrl", "scriptSecrets", …}');
  for (const later of [
    'juju <channel>',
    'microk8s <channel>',
    'dockerhub-cache <url>',
    'proxy <host:port>',
  ]) {
    run.addOption(new Option(`--${later}`, 'not in this version').hideHelp());
  }
  run.addHelpText(
    'after',
    '\nEvery variable IMAGE_BUILDER_SECRET_<NAME> is given to the script as <NAME>, in its environment only.' +
      '\nWith --secrets-fd both come from the descriptor, and these variables do not count.',
  );
  addCommon(run, take('run'), RUN_WAITS);
}

function addCommon(
  command: Command,
  action: (...given: unknown[]) => void,
  waits: readonly (keyof Timeouts)[],
): void {
  command
    .option('--arch <arch>', 'arm64, x64, s390x, ppc64le or arm (default: the host’s)')
    .option('--prefix <prefix>', 'what the names of resources begin with')
    .option('--cloud-images-url <url>', 'where Ubuntu’s cloud images are', 'https://cloud-images.ubuntu.com')
    .action(action);
  addWaits(command, waits);
}

function addWaits(command: Command, waits: readonly (keyof Timeouts)[]): void {
  for (const name of waits) {
    if (name === 'apiTimeout') continue;
    command.option(`${timeoutOption(name)} <seconds>`, `${WAITS[name]} (default: ${DEFAULT_TIMEOUTS[name]})`);
  }
}
