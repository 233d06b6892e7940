import { afterEach, beforeEach } from '@jest/globals';
import { Secret } from '../../src/model/secret.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import { startHttpCloud } from '../support/http-cloud.ts';
import { connectTo } from '../support/http-connect.ts';
import type { CloudFixture } from '../support/cloud-fixture.ts';
import type { EmulatedCloud } from '../support/openstack/emulated-cloud.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import { addQueuedImage, changeImage, storeImageData } from '../support/openstack/glance/images.ts';
import type { Fault } from '../support/openstack/server/fault-injector.ts';

/** An image that another client added to the project. */
type AddedImage = Readonly<Record<string, string>> & { readonly id: string };

/** The emulated cloud in the builder's project; `http` is the web server of the downloads. */
export interface EmulatorFixture extends CloudFixture {
  emulator: Emulator;
  openstack: EmulatedCloud;
  /** Adds an image that is years old and a second newer than the previous one. Default: noble, private and active. */
  add: (image: AddedImage) => void;
  /** Returns the requests to a route such as `DELETE /image/v2/images/:id`, as method and path. */
  seen: (route: string) => readonly string[];
  /** Answers one kind of request with a fault, always or `times` times after the first `after`. */
  disturb: (at: string, what: Fault, when?: { readonly times?: number; readonly after?: number }) => void;
}

/** Starts an emulator without images before each test of the file and stops it afterwards. */
export function useEmulator(): EmulatorFixture {
  const fixture = {} as EmulatorFixture;
  let added = 0;
  beforeEach(async () => {
    const served: { readonly route: string; readonly request: string }[] = [];
    fixture.clock = new SkippingClock();
    fixture.http = await startHttpCloud();
    fixture.emulator = await startEmulator({ onServed: (_cloud, one) => served.push(one) });
    fixture.openstack = fixture.emulator.cloud('a');
    fixture.openstack.state.images.clear();
    fixture.connection = await connectBuilder(fixture);
    fixture.cloud = fixture.connection.withSignal();
    fixture.seen = (route) => served.filter((one) => one.route === route).map(({ request }) => request);
    fixture.disturb = (at, what, when = {}) =>
      void fixture.openstack.faults.add({ at, fault: what, ...when });
  });
  afterEach(async () => {
    await fixture.connection.close();
    await fixture.emulator.close();
    await fixture.http.close();
  });
  fixture.add = ({ id, name = 'noble', status = 'active', created_at, ...properties }) => {
    const { state } = fixture.openstack;
    const owner = getBuilder(fixture).projectId;
    const formats = { disk_format: 'qcow2', container_format: 'bare', visibility: 'private' };
    const image = addQueuedImage(state, { id, name, owner, ...formats, properties });
    if (status === 'active') storeImageData(state, image, Buffer.from(id));
    const created = created_at ?? `2020-01-01T08:00:${String(added++ % 60).padStart(2, '0')}Z`;
    changeImage(state, id, { status, created_at: created });
  };
  return fixture;
}

function getBuilder({ openstack }: EmulatorFixture) {
  const builder = openstack.state.accounts.find(({ userName }) => userName === 'builder');
  if (builder === undefined) throw new Error('expected the emulator to have a user builder');
  return builder;
}

function connectBuilder(fixture: EmulatorFixture) {
  const { openstack, clock } = fixture;
  const { userName, password, projectName } = getBuilder(fixture);
  const domain = { name: 'Default' };
  return connectTo('', {
    clock,
    access: {
      authUrl: openstack.authUrl,
      region: openstack.state.region,
      auth: {
        method: 'password',
        user: { name: userName },
        userDomain: domain,
        password: new Secret(password),
        project: { name: projectName },
        projectDomain: domain,
      },
    },
  });
}
