import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GarmConfigurator, GithubRunner } from '../support/juju/consumers.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import type { Relation } from '../support/juju/model/model.ts';
import { addJoinedUnit, addRelation, writeRemote } from '../support/juju/model/relations.ts';
import { updateSecret } from '../support/juju/model/secrets.ts';
import { built, consumerDatabag, report } from './support/facts.ts';
import { TestUnit } from './support/unit.ts';
import { configure } from './support/use-unit.ts';
import { uuidOf } from '../support/uuid-of.ts';

fc.configureGlobal({ seed: 20261121 }); // a fixed seed makes every run the same

const HOOKS = [
  'install',
  'start',
  'config-changed',
  'upgrade-charm',
  'update-status',
  'leader-elected',
  'unheard-of',
];

/** A change by the operator, a consumer or the scheduler. */
type Change =
  | { readonly kind: 'config'; readonly values: Readonly<Record<string, string | number>> }
  | { readonly kind: 'password'; readonly password: string }
  | {
      readonly kind: 'consumer';
      readonly application: string;
      readonly data: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'departs'; readonly application: string }
  | { readonly kind: 'report'; readonly images: readonly string[] };

const anyApplication = fc.constantFrom('one', 'two');

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('config' as const),
    values: fc.constantFrom<Readonly<Record<string, string | number>>>(
      { 'base-image': 'noble,jammy' },
      { 'base-image': 'dingo' },
      { 'runner-version': '2.331.0' },
      { 'build-interval': 12 },
      { 'build-interval': 0 },
    ),
  }),
  fc.record({ kind: fc.constant('password' as const), password: fc.constantFrom('a', 'b') }),
  fc.record({
    kind: fc.constant('consumer' as const),
    application: anyApplication,
    data: fc.constantFrom(
      { username: '' },
      { username: 'runner' },
      { username: 'other' },
      { password: 'new' },
    ),
  }),
  fc.record({ kind: fc.constant('departs' as const), application: anyApplication }),
  fc.record({
    kind: fc.constant('report' as const),
    images: fc.constantFrom([], [uuidOf('n1')], [uuidOf('n1'), uuidOf('n2')]),
  }),
);

/** Changes, each with the hook that Juju runs after it, or none. */
const anyHistory = fc.array(fc.tuple(anyChange, fc.option(fc.constantFrom(...HOOKS), { nil: undefined })), {
  maxLength: 7,
});

/** A unit with two consumers and a history of changes. */
class Scenario {
  readonly unit: TestUnit;
  readonly secret: string;
  readonly relations = new Map<string, Relation>();

  private constructor(unit: TestUnit) {
    this.unit = unit;
    this.secret = configure(unit);
    for (const application of ['one', 'two']) {
      this.relations.set(application, addRelation(unit.model, 'image', application));
    }
    for (const relation of this.relations.values()) relation.created = true;
  }

  static async open(): Promise<Scenario> {
    const unit = await TestUnit.open();
    await mkdir(unit.paths.state, { recursive: true });
    await writeFile(unit.paths.key, `${'0'.repeat(64)}\n`); // the same key in all scenarios makes their digests comparable
    return new Scenario(unit);
  }

  apply(change: Change): Promise<void> | undefined {
    const { model } = this.unit;
    switch (change.kind) {
      case 'config':
        changeConfig(model, change.values);
        return;
      case 'password':
        if (latestPassword(model, this.secret) !== change.password) {
          updateSecret(model, this.secret, { password: change.password });
        }
        return;
      case 'consumer':
        this.#write(change.application, change.data);
        return;
      case 'departs':
        this.relations.get(change.application)?.remoteUnits.clear();
        return;
      case 'report':
        return this.#report(change.images);
    }
  }

  /** Makes all settings valid, reports a finished build and runs the hooks. */
  async converge(hooks: readonly string[]): Promise<void> {
    for (const application of this.relations.keys()) this.#write(application, { username: 'runner' });
    changeConfig(this.unit.model, { 'base-image': 'noble', 'build-interval': 6 });
    await this.unit.hook(hooks[0] ?? 'update-status');
    await this.#report([uuidOf('n1')]);
    for (const hook of hooks) expect(await this.unit.hook(hook)).toBe(0);
  }

  /** Returns the visible state of the unit, without the generations, which only count changes. */
  async endState(): Promise<unknown> {
    const { unit } = this;
    const { generation, credentialsGeneration, ...desired } = (await unit.desired()) ?? {
      generation: 0,
      credentialsGeneration: 0,
    };
    expect(generation * credentialsGeneration).toBeGreaterThan(0);
    return {
      desired,
      clouds: await readFile(unit.paths.cloudsYaml, 'utf8'),
      schedule: await readFile(unit.paths.schedule, 'utf8'),
      databags: unit.model.relations.map(({ ourUnit }) => ourUnit),
      status: unit.status,
      isActive: unit.systemd.isActive,
    };
  }

  #write(application: string, data: Readonly<Record<string, string>>): void {
    const relation = this.relations.get(application);
    if (relation === undefined) return;
    if (relation.remoteUnits.has(`${application}/0`)) writeRemote(relation, `${application}/0`, data);
    else addJoinedUnit(relation, `${application}/0`, consumerDatabag(data));
  }

  async #report(ids: readonly string[]): Promise<void> {
    const clouds = (await this.unit.cloudIds()).map((cloudId) => {
      const newest = ids.at(-1);
      return report(cloudId, newest === undefined ? {} : { noble: newest }, { activeIds: ids });
    });
    await this.unit.report(built({ clouds }));
  }
}

function latestPassword({ secrets }: TestUnit['model'], uri: string): string | undefined {
  const secret = secrets.find(({ id }) => uri.endsWith(id));
  return secret?.revisions.get(secret.latest)?.['password'];
}

async function runScenario<T>(act: (scenario: Scenario) => Promise<T>): Promise<T> {
  const scenario = await Scenario.open();
  try {
    return await act(scenario);
  } finally {
    await scenario.unit.close();
  }
}

describe('the order of hooks', () => {
  test('The end state does not depend on which hooks ran, and further dispatches write nothing', async () => {
    const anyHooks = fc.array(fc.constantFrom(...HOOKS), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(anyHistory, anyHooks, anyHooks, async (history, hooks, otherHooks) => {
        const expected = await runScenario(async (scenario) => {
          for (const [change, hook] of history) {
            await scenario.apply(change);
            if (hook !== undefined) expect(await scenario.unit.hook(hook)).toBe(0);
          }
          await scenario.converge(hooks);
          return scenario.endState();
        });
        await runScenario(async (scenario) => {
          for (const [change] of history) if (change.kind !== 'report') await scenario.apply(change);
          await scenario.converge(otherHooks);
          expect(await scenario.endState()).toEqual(expected);
          const { unit } = scenario;
          const [before, calls] = [await unit.desired(), unit.model.toolCalls.length];
          for (const hook of HOOKS) await unit.hook(hook);
          expect(await unit.desired()).toEqual(before);
          expect(unit.model.toolCalls.slice(calls).map(({ tool }) => tool)).not.toContain('relation-set');
        });
      }),
      { numRuns: 10 },
    );
  }, 60_000);
});

describe('the id of a published image', () => {
  test('Neither GARM nor github-runner loses its image, whatever happens while the relation exists', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(anyHistory, anyHistory, (history, later) =>
        runScenario(async (scenario) => {
          const consumers = [new GarmConfigurator(), new GithubRunner()] as const;
          const relations = [...scenario.relations.values()];
          const readAll = (): void =>
            relations.forEach(({ ourUnit }, at) => consumers[at === 0 ? 0 : 1].read([ourUnit]));
          await scenario.converge(['update-status']);
          for (const [change, hook] of [...history, ...later]) {
            readAll();
            await scenario.apply(change);
            expect(await scenario.unit.hook(hook ?? 'update-status')).toBe(0);
          }
          readAll();
          expect([consumers[0].deletions, consumers[1].stops]).toEqual([0, 0]);
          for (const { imageId } of consumers) seen += imageId === '' ? 0 : 1;
        }),
      ),
      { numRuns: 10 },
    );
    expect(seen).toBe(20);
  }, 60_000);
});
