import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The version of Node that packed charms contain, with the digests of its official packages on npm. */
const PACKAGES = JSON.parse(readFileSync(resolve(import.meta.dirname, 'node-packages.json'), 'utf8'));

/** Maps the machine in the header of an ELF file to Juju's name of the architecture. */
const MACHINES = new Map([
  [0x3e, 'amd64'],
  [0xb7, 'arm64'],
]);

/**
 * Returns the architecture of a program. Throws unless it is a 64-bit ELF file of an architecture that Juju has.
 * @param {Buffer} program
 * @param {string} path its name in the error
 * @returns {string}
 */
export function readArchitecture(program, path) {
  const isElf = program.length >= 20 && program.readUInt32BE(0) === 0x7f454c46;
  const is64BitLittleEndian = isElf && program[4] === 2 && program[5] === 1;
  const architecture = is64BitLittleEndian ? MACHINES.get(program.readUInt16LE(18)) : undefined;
  if (architecture !== undefined) return architecture;
  throw new Error(`${path}: expected a 64-bit ELF program of amd64 or arm64, got something else`);
}

/**
 * Fetches Node for an architecture with npm, and returns it when its digest and its machine are right.
 * @param {string} architecture amd64 or arm64
 * @returns {Buffer}
 */
export function fetchNode(architecture) {
  const { name, sha512 } = PACKAGES.packages[architecture] ?? {};
  if (name === undefined) throw new Error(`--arch: expected amd64 or arm64, got ${architecture}`);
  const wanted = `${name}@${PACKAGES.version}`;
  const folder = mkdtempSync(join(tmpdir(), 'node-'));
  try {
    const args = ['pack', '--silent', '--pack-destination', folder, wanted];
    const tarball = join(folder, execFileSync('npm', args, { encoding: 'utf8' }).trim());
    const digest = createHash('sha512').update(readFileSync(tarball)).digest('hex');
    if (digest !== sha512) throw new Error(`${wanted}: expected the SHA-512 ${sha512}, got ${digest}`);
    execFileSync('tar', [
      '--extract',
      '--gzip',
      '--file',
      tarball,
      '--directory',
      folder,
      'package/bin/node',
    ]);
    const node = readFileSync(join(folder, 'package/bin/node'));
    const got = readArchitecture(node, wanted);
    if (got !== architecture) throw new Error(`${wanted}: expected a program of ${architecture}, got ${got}`);
    return node;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
