import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { argv, exit, pid } from 'node:process';
import { QCOW2_MAGIC } from '../../../src/model/image/disk-format.ts';
import { createEmulatorClock } from '../openstack/emulator-clock.ts';
import { Guest } from '../openstack/guest/guest.ts';
import { readIso } from './read-iso.ts';

/*
 * A stand-in for QEMU with a guest that has cloud-init. Usage: BEHAVIOUR QEMU-IO RECORD ARGUMENTS…, where the arguments are those
 * of QEMU 7.2. It accepts only options that QEMU has, and only those that a local build uses. BEHAVIOUR is `healthy`, or
 * the way in which the guest fails.
 */

const [behaviour = '', qemuIo = '', record = '', ...args] = argv.slice(2);
const WITHOUT_VALUE = new Set(['-no-user-config', '-nodefaults', '-S']);
const WITH_VALUE = new Set([
  ...['-display', '-machine', '-accel', '-cpu', '-smp', '-m', '-serial', '-monitor'],
  ...['-drive', '-netdev', '-device'],
]);

function fail(message: string): never {
  process.stderr.write(`qemu-system-x86_64: ${message}\n`);
  return exit(1);
}

function readOptions(): ReadonlyMap<string, readonly string[]> {
  const options = new Map<string, string[]>();
  for (let at = 0; at < args.length; at++) {
    const name = args[at] ?? '';
    if (WITHOUT_VALUE.has(name)) continue;
    const value = args[++at];
    if (!WITH_VALUE.has(name) || value === undefined) return fail(`${name}: invalid option`);
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return options;
}

/** Returns the values `key=value` of an option that has them. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(',').map((field) => [field.split('=')[0] ?? '', field.slice(field.indexOf('=') + 1)]),
  );
}

function readDrive(text: string, format: string): string {
  const drive = fieldsOf(text);
  const file = drive.get('file') ?? '';
  if (drive.get('format') !== format) return fail(`-drive ${text}: expected the format ${format}`);
  return file;
}

const options = readOptions();
if (options.get('-accel')?.[0] === 'kvm' && behaviour !== 'has KVM') {
  fail('Could not access KVM kernel module: No such file or directory');
}
if (options.get('-monitor')?.[0] === 'stdio') {
  if (readFileSync(0, 'utf8') === 'quit\n') exit(0);
  fail('expected the command quit');
}
const [diskOption = '', seedOption = ''] = options.get('-drive') ?? [];
const disk = readDrive(diskOption, 'qcow2');
const seed = readDrive(seedOption, 'raw');
if (behaviour === 'no start') fail('could not set up host forwarding rule');
if (!readFileSync(disk).subarray(0, 4).equals(QCOW2_MAGIC)) fail(`${disk}: Image is not in qcow2 format`);
const { label, files } = readIso(readFileSync(seed));
if (label !== 'config-2') fail('the guest finds no config drive');

const metadata = JSON.parse(files.get('openstack/latest/meta_data.json') ?? '') as {
  readonly uuid: string;
  readonly public_keys: Readonly<Record<string, string>>;
};
const network = JSON.parse(files.get('openstack/latest/network_data.json') ?? '') as {
  readonly networks: readonly { readonly ip_address: string }[];
};
if (network.networks[0]?.ip_address !== '10.0.2.15')
  fail('the guest has no address in the user-mode network');
const [, port = ''] = /hostfwd=tcp:127\.0\.0\.1:(\d+)-:22$/.exec(options.get('-netdev')?.[0] ?? '') ?? [];
const [serial = ''] = options.get('-serial') ?? [];
const [monitor = ''] = options.get('-monitor') ?? [];
const texts = readdirSync('.').map((name) => readFileSync(name, 'latin1').slice(0, 1_000_000));
writeFileSync(record, JSON.stringify({ pid, args, files: texts }));
const clock = createEmulatorClock(50);
const guest = new Guest(
  {
    ...{ serverId: metadata.uuid, serverName: 'builder', address: '127.0.0.1', port: Number(port) },
    userData: files.get('openstack/latest/user_data') ?? '',
    authorizedKey: Object.values(metadata.public_keys)[0],
    print: (text) => {
      if (behaviour !== 'silent') appendFileSync(serial.replace('file:', ''), text);
    },
  },
  clock,
  {
    decide: () => Promise.resolve(undefined),
    failureOf: (part) => {
      if (part !== 'runner') return undefined;
      if (behaviour === 'crashes') return fail('KVM internal error');
      return behaviour === 'runner fails' ? { part, code: 7, lastLines: ['no space'] } : undefined;
    },
  },
);

/** Shuts the guest down, which leaves its files on the disk. */
async function shutDown(): Promise<void> {
  await guest.powerOff();
  const content = 'guest.bin';
  const text = Buffer.from(guest.disk.text);
  writeFileSync(content, Buffer.concat([text, Buffer.alloc((512 - (text.length % 512)) % 512)]));
  execFileSync(qemuIo, [
    '-f',
    'qcow2',
    '-c',
    `write -s ${content} 0 ${Math.ceil(text.length / 512) * 512}`,
    disk,
  ]);
  exit(0);
}

const PROMPT = '(qemu) ';
createServer((socket) => {
  socket.write(`QEMU 7.2.22 monitor - type 'help' for more information\r\n${PROMPT}`);
  socket.on('error', () => undefined);
  socket.on('data', (line) => {
    socket.write(`${line.toString().trimEnd()}\r\n${PROMPT}`);
    if (line.toString() === 'system_powerdown\n' && behaviour !== 'stays on') void shutDown();
  });
}).listen(fieldsOf(monitor.replace(/^unix:/, 'path=')).get('path'));
process.on('SIGTERM', () => exit(0));
