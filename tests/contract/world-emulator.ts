import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/model/clock.ts';
import { getCloudAccess, parseCloudsYaml } from '../../src/openstack/clouds-yaml.ts';
import { startEmulator } from '../support/openstack/emulator.ts';
import type { Exchange } from './contract.ts';
import type { Bench } from './world.ts';

const SPEED = 1000;
const LONGEST_NAP_MS = 30_000;

/** Naps between two looks are short, as the emulator's times are; deadlines are those of the host. */
const impatientClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    const real = milliseconds < LONGEST_NAP_MS ? Math.min(milliseconds, 20) : milliseconds;
    await pause(real, undefined, { signal, ref: false }).catch(() => signal?.throwIfAborted());
  },
};

/** The emulator, for the contract suite. */
export async function openEmulatorBench(): Promise<Bench> {
  const exchanges: Exchange[] = [];
  const emulator = await startEmulator({
    speed: SPEED,
    onServed: (_cloud, { route, status, body }) => {
      if (status === 0) return; // a client that went away heard nothing
      exchanges.push({ route, status, body: Buffer.isBuffer(body) ? undefined : copyOf(body) });
    },
  });
  const yaml = parseCloudsYaml(emulator.cloudsYaml(), 'clouds.yaml');
  return {
    access: (user) => getCloudAccess(yaml, user),
    clock: impatientClock,
    bootImageName: 'base-tiny',
    flavor: 'lab.tiny',
    network: 'lab',
    exchanges,
    close: () => emulator.close(),
  };
}

/** Records change while the suite runs: what was told is kept as it was then. */
function copyOf(body: unknown): unknown {
  return body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown);
}
