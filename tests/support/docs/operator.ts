import { expect } from '@jest/globals';
import type { CharmFixture } from '../charm-fixture.ts';
import type { Relation } from '../juju/unit-agent.ts';

/** The outcome of an operator's command. A look may be repeated until its output is the expected one. */
export interface Answer {
  readonly isLook: boolean;
  readonly output: string;
}

/** The parts of a command, without `juju` and its name. */
type Perform = (args: readonly string[]) => Promise<Answer>;

const LOOKS = ['show-build', 'list-images', 'list-builds', 'plan'];

/** Performs `juju` commands of the docs on the double of a unit agent. Refuses every command that it does not know. */
export class Operator {
  readonly #stage: CharmFixture;
  readonly #consumers: Readonly<Record<string, string>>;
  readonly #values: Readonly<Record<string, string>>;
  readonly #secrets = new Map<string, string>();
  #relation: Relation | undefined;
  #lastSecret = '';
  #lastId = '';

  /** `consumers` maps applications to entries of clouds.yaml, and `values` replaces examples of the page. */
  constructor(
    stage: CharmFixture,
    consumers: Readonly<Record<string, string>>,
    values: Readonly<Record<string, string>>,
  ) {
    this.#stage = stage;
    this.#consumers = consumers;
    this.#values = values;
  }

  /** Performs a command. Throws when the double refuses it. */
  async perform(command: string): Promise<Answer> {
    const known: Readonly<Record<string, Perform>> = {
      deploy: (args) => this.#deploy(args),
      status: () => this.#showStatus(),
      'add-secret': (args) => this.#addSecret(args),
      'grant-secret': (args) => this.#grantSecret(args),
      config: (args) => this.#setConfig(args),
      integrate: (args) => this.#integrate(args),
      run: (args) => this.#runAction(args),
      'show-unit': (args) => this.#showUnit(args),
      'remove-application': (args) => this.#remove(args),
    };
    const [program, name = '', ...args] = command.split(/\s+/).map((word) => this.#replace(word));
    const perform = known[name];
    if (program !== 'juju' || perform === undefined) throw new Error(`unknown command: ${command}`);
    return perform(args);
  }

  #replace(word: string): string {
    const [key = '', value] = word.split(/=(.*)/);
    const given = value === undefined ? undefined : this.#values[`${key}=${value}`];
    return (given === undefined ? word : `${key}=${given}`)
      .replace('secret:<id>', this.#lastSecret)
      .replace('<id>', this.#lastId);
  }

  async #deploy([file, application]: readonly string[]): Promise<Answer> {
    expect([file, application]).toEqual([
      './dist/github-runner-image-builder_amd64.charm',
      this.#stage.agent.model.application,
    ]);
    await this.#stage.agent.deploy();
    return done();
  }

  async #showStatus(): Promise<Answer> {
    await this.#stage.agent.updateStatus();
    const { status, model } = this.#stage.agent;
    return look(`${model.unit}* ${status.status} ${status.message}`);
  }

  #addSecret([name = '', ...pairs]: readonly string[]): Promise<Answer> {
    this.#lastSecret = this.#stage.agent.addSecret(name, Object.fromEntries(readPairs(pairs)));
    this.#secrets.set(name, this.#lastSecret);
    return Promise.resolve(done(this.#lastSecret));
  }

  #grantSecret([name = '', application]: readonly string[]): Promise<Answer> {
    expect(application).toBe(this.#stage.agent.model.application);
    this.#stage.agent.grantSecret(this.#secrets.get(name) ?? name);
    return Promise.resolve(done());
  }

  async #setConfig([application, ...pairs]: readonly string[]): Promise<Answer> {
    expect(application).toBe(this.#stage.agent.model.application);
    await this.#stage.agent.setConfig(Object.fromEntries(readPairs(pairs)));
    return done();
  }

  async #integrate([ours, application = '']: readonly string[]): Promise<Answer> {
    expect(ours).toBe(`${this.#stage.agent.model.application}:image`);
    this.#relation = await this.#stage.integrate(application, this.#consumers[application] ?? application);
    return done();
  }

  async #runAction([unit, name = '', ...pairs]: readonly string[]): Promise<Answer> {
    expect(unit).toBe(`${this.#stage.agent.model.application}/leader`);
    const task = await this.#stage.agent.runAction(name, Object.fromEntries(readPairs(pairs)));
    const isLook = LOOKS.includes(name);
    if (task.status !== 'completed' && !isLook) throw new Error(`${name}: ${task.status}: ${task.message}`);
    const { id, 'build-ids': ids } = task.results;
    const [newest] = [id, ids].filter((text) => typeof text === 'string');
    if (!isLook && newest !== undefined) this.#lastId = newest.split(',')[0] ?? '';
    return { isLook, output: renderResults(task.results).join('\n') };
  }

  #showUnit([unit = '', ...flags]: readonly string[]): Promise<Answer> {
    expect([Object.keys(this.#consumers), flags]).toEqual([[unit.split('/')[0]], ['--endpoint', 'image']]);
    const bag = this.#relation?.ourDatabag() ?? {};
    return Promise.resolve(look(renderResults(bag).join('\n')));
  }

  async #remove([application]: readonly string[]): Promise<Answer> {
    expect(application).toBe(this.#stage.agent.model.application);
    await this.#stage.agent.remove();
    return done();
  }
}

function done(output = ''): Answer {
  return { isLook: false, output };
}

function look(output: string): Answer {
  return { isLook: true, output };
}

function readPairs(words: readonly string[]): readonly (readonly [string, string])[] {
  return words.map((word) => {
    const [key = '', value] = word.split(/=(.*)/);
    if (value === undefined) throw new Error(`expected key=value, got ${word}`);
    return [key, value];
  });
}

/** Renders results as `juju run` does, without indentation: a text of several lines follows its key. */
function renderResults(results: object): readonly string[] {
  return Object.entries(results).flatMap(([key, value]: readonly [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return [`${key}:`, ...renderResults(value)];
    const lines = String(value).split('\n');
    return lines.length === 1 ? [`${key}: ${lines[0] ?? ''}`] : [`${key}: |`, ...lines];
  });
}

/** Reports whether each expected line is in the output. An ellipsis stands for any text, and blanks count as one. */
export function hasLines(output: string, expected: string): boolean {
  const plain = (text: string): string => text.trim().replace(/\s+/g, ' ');
  const lines = output.split('\n').map(plain);
  const wanted = expected
    .split('\n')
    .map(plain)
    .filter((line) => line !== '');
  return wanted.every((line) => lines.some((candidate) => matches(candidate, line.split('…'))));
}

/** Reports whether the text consists of the parts, in order, with any text between them. */
function matches(text: string, [first = '', ...others]: readonly string[]): boolean {
  if (!text.startsWith(first)) return false;
  const [next, ...later] = others;
  if (next === undefined) return text === first;
  const rest = text.slice(first.length);
  if (later.length === 0) return rest.endsWith(next);
  return rest.includes(next) && matches(rest.slice(rest.indexOf(next)), [next, ...later]);
}
