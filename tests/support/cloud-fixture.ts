import { afterEach, beforeEach } from '@jest/globals';
import type { Cloud, CloudConnection } from '../../src/openstack/cloud.ts';
import { SkippingClock } from './skipping-clock.ts';
import { type HttpCloud, startHttpCloud } from './http-cloud.ts';
import { connectTo } from './http-connect.ts';

/** A scripted HTTP cloud and a connection to it, both new for each test. */
export interface CloudFixture {
  http: HttpCloud;
  clock: SkippingClock;
  connection: CloudConnection;
  cloud: Cloud;
}

/** Starts a cloud before each test of the file and stops it afterwards. */
export function useHttpCloud(): CloudFixture {
  const fixture = {} as CloudFixture;
  beforeEach(async () => {
    fixture.http = await startHttpCloud();
    fixture.clock = new SkippingClock();
    fixture.connection = await connectTo(fixture.http.origin, { clock: fixture.clock });
    fixture.cloud = fixture.connection.withSignal();
  });
  afterEach(async () => {
    await fixture.connection.close();
    await fixture.http.close();
  });
  return fixture;
}

/** Returns the error that `work` fails with. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const value = await work.catch((error: unknown) => error);
  if (value instanceof Error) return value;
  throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
}
