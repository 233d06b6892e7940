import { afterEach, beforeEach } from '@jest/globals';
import { SkippingClock } from '../support/skipping-clock.ts';
import { startHttpCloud } from '../support/http-cloud.ts';
import type { CloudFixture } from '../support/cloud-fixture.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import type { ServedRequest } from '../support/openstack/server/serve-cloud.ts';
import { connectEntry } from './connect-entry.ts';
import { type Store, openStore } from './open-store.ts';

/** The emulated cloud in the builder's project; `http` is the web server of the downloads. */
export interface EmulatorFixture extends CloudFixture, Store {
  emulator: Emulator;
}

/** So fast that a server changes its state between two polls of the clock, which skips the pauses. */
const SPEED = 1e6;

/** Starts an emulator without images before each test of the file and stops it afterwards. */
export function useEmulator(): EmulatorFixture {
  const fixture = {} as EmulatorFixture;
  beforeEach(async () => {
    const served: ServedRequest[] = [];
    fixture.clock = new SkippingClock();
    fixture.http = await startHttpCloud();
    fixture.emulator = await startEmulator({
      speed: SPEED,
      now: () => fixture.clock.now(),
      onServed: (_cloud, one) => served.push(one),
    });
    const openstack = fixture.emulator.cloud('a');
    openstack.state.images.clear();
    Object.assign(
      fixture,
      openStore(openstack, 'builder', () => served),
    );
    fixture.connection = await connectEntry(fixture.emulator, 'builder', { clock: fixture.clock });
    fixture.cloud = fixture.connection.withSignal();
  });
  afterEach(async () => {
    await fixture.connection.close();
    await fixture.emulator.close();
    await fixture.http.close();
  });
  return fixture;
}
