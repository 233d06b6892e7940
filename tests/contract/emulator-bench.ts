import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/model/clock.ts';
import { getCloudAccess, parseCloudsYaml } from '../../src/openstack/login/clouds-yaml.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import type { Exchange } from './contract.ts';
import type { Bench } from './case-context.ts';

const SPEED = 1000;
const MIN_DEADLINE_MS = 30_000;

/** Shortens the pauses between two polls, as the emulator is fast. Longer sleeps are deadlines and stay as they are. */
const fastPollingClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    const real = milliseconds < MIN_DEADLINE_MS ? Math.min(milliseconds, 20) : milliseconds;
    await pause(real, undefined, { signal, ref: false }).catch(() => signal?.throwIfAborted());
  },
};

/** Opens the emulator for the contract suite, after `prepare` has changed it. */
export async function openEmulatorBench(
  prepare: (emulator: Emulator) => void = () => undefined,
): Promise<Bench> {
  const exchanges: Exchange[] = [];
  const emulator = await startEmulator({
    speed: SPEED,
    onServed: (_cloud, { route, status, body }) => {
      if (status === 0) return; // the client disconnected before the response
      exchanges.push({ route, status, body: Buffer.isBuffer(body) ? undefined : copyOf(body) });
    },
  });
  prepare(emulator);
  const yaml = parseCloudsYaml(emulator.cloudsYaml(), 'clouds.yaml');
  return {
    access: (user) => getCloudAccess(yaml, user),
    clock: fastPollingClock,
    bootImageName: 'base-tiny',
    flavor: 'lab.tiny',
    network: 'lab',
    exchanges,
    close: () => emulator.close(),
  };
}

/** Copies a response, because the emulator's records change later. */
function copyOf(body: unknown): unknown {
  return body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown);
}
