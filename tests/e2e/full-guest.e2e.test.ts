import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { watchArguments } from './support/argument-watch.ts';
import { runOnImage } from './support/boot.ts';
import { findInImage } from './support/image-search.ts';
import { GATEWAY, askPython, baseImageFile } from './support/lab.ts';
import { type Mirror, startMirror } from '../support/mirror.ts';
import { imageIdOf, runArguments, runProgram } from './support/program.ts';
import { takeLeftovers } from './support/run-on-lab.ts';

const SECRET = `marked-secret-${randomBytes(12).toString('hex')}`;
const SCRIPT_PATH = `/scripts/marked-path-${randomBytes(8).toString('hex')}/setup.sh`;
const PLANTED = `planted-${randomBytes(8).toString('hex')}`;
const BUILD_ID = `full-${randomBytes(4).toString('hex')}`;

/** Writes a digest of its secret, as the proof that it had it, and reports whether any argv contained the secret. */
const SCRIPT = `#!/bin/sh
set -eu
printf '%s' "$TOKEN" | sha256sum | cut -c 1-64 >/usr/local/share/script-ran
echo ${PLANTED} >/usr/local/share/planted
case "$(cat /proc/[0-9]*/cmdline | tr '\\0' ' ')" in *"$TOKEN"*) echo leak >>/usr/local/share/script-ran ;; esac
echo "the script says $TOKEN"
logger -t script "done" 2>/dev/null || true
`;

const files = new Map([[SCRIPT_PATH, SCRIPT]]);
let mirror: Mirror;

beforeAll(async () => {
  mirror = await startMirror({ bases: new Map([['noble', baseImageFile('full')]]), files, host: GATEWAY });
});

afterAll(() => mirror.close());

test('A full guest contains the effect of the script, but neither its secret nor its URL', async () => {
  const before = await takeLeftovers();
  const url = `${mirror.url}${SCRIPT_PATH}?token=${SECRET}`;
  const owner = JSON.stringify({ application: 'e2e-full', build_id: BUILD_ID });
  let console: Promise<unknown> | undefined;
  const watch = watchArguments(() => [SECRET, SCRIPT_PATH]);
  const args = ['--prefix', 'e2e-full', '--owner', owner, '--log-level', 'debug'];
  const result = await runProgram(runArguments(mirror, 'e2e-full-noble-x64', args), {
    env: { IMAGE_BUILDER_SECRET_TOKEN: SECRET, IMAGE_BUILDER_SCRIPT_URL: url },
    onLine: (line) => {
      if (!line.includes('Z clean up guest')) return;
      const server = `e2e-full-noble-x64-image-builder-${BUILD_ID}`;
      console ??= askPython('server.py', ['console', 'builder', server], 60);
    },
  });
  const leaks = watch.stop();
  const id = imageIdOf(result);
  process.stderr.write(`steps of the full guest: ${JSON.stringify(result.json['steps'])}\n`);
  process.stderr.write(`parts of the full guest: ${JSON.stringify(result.json['parts'])}\n`);
  const consoleText = JSON.stringify(await console);
  expect(consoleText).toContain('github-runner-image-builder');
  const output = `${result.stdout}${result.stderr}${consoleText}`;
  expect({ leaks, isPrinted: output.includes(SECRET) || output.includes(SCRIPT_PATH) }).toEqual({
    leaks: [],
    isPrinted: false,
  });
  const secrets = [
    { name: 'secret', value: SECRET },
    { name: 'script path', value: SCRIPT_PATH },
    { name: 'script url', value: url },
  ];
  expect(await findInImage(id, secrets)).toEqual([]);
  expect(await findInImage(id, [{ name: 'planted', value: PLANTED }])).not.toEqual([]);
  const digest = createHash('sha256').update(SECRET).digest('hex');
  const seen = await runOnImage(
    id,
    'cat /usr/local/share/script-ran; id -nG ubuntu; cloud-init status --wait; sudo -n true && echo root; ~/actions-runner/run.sh --version; cat /etc/machine-id | wc -c; ls -d /home/runner/actions-runner/run.sh /etc/docker /var/lib/systemd/linger/ubuntu',
  );
  expect(seen).toMatch(new RegExp(`^${digest}\\n`));
  expect(seen).not.toContain('leak');
  expect(seen).toMatch(/\bdocker\b.*\n/);
  expect(seen).toContain('status: done');
  expect(seen).toContain('2.331.0');
  expect(seen).toContain('/etc/docker\n/home/runner/actions-runner/run.sh\n/var/lib/systemd/linger/ubuntu');
  expect(await takeLeftovers()).toEqual(before);
});
