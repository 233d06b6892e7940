import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runOnImage } from './support/boot.ts';
import { takeInventory } from './support/inventory.ts';
import { baseImageFile } from './support/lab.ts';
import { type Mirror, startMirror } from './support/mirror.ts';
import { imageIdOf, mirrorOptions, runArguments, runProgram } from './support/program.ts';

const tiny = baseImageFile('tiny');
let mirror: Mirror;

beforeAll(async () => {
  mirror = await startMirror({ bases: new Map([['noble', tiny], ['jammy', tiny]]) });
});

afterAll(async () => {
  await mirror.close();
});

describe('the builder program on a real OpenStack', () => {
  test('builds an image', async () => {
    const result = await runProgram(runArguments(mirror, 'first-noble-x64', ['--prefix', 'first']), {
      onLine: (line) => process.stderr.write(`${line}\n`),
    });
    process.stderr.write(result.stdout);
    const id = imageIdOf(result);
    expect(await runOnImage(id, 'cat /etc/hostname; ls /home/ubuntu/actions-runner')).toContain('run.sh');
    void mirrorOptions;
    void takeInventory;
  });
});
