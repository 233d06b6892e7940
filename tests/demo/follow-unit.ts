import type { Machine } from '../support/juju/machine.ts';
import type { Relation, UnitAgent } from '../support/juju/unit-agent.ts';
import type { Screen } from './screen.ts';

interface PublishedImage {
  readonly id: string;
  readonly tags: string;
}

/** The ids that a relation's other side is told, each with its base. */
export function listPublished(relation: Relation): readonly PublishedImage[] {
  return JSON.parse(relation.ourDatabag()['images'] ?? '[]') as PublishedImage[];
}

/** Tells what Juju's model shows of the unit: each hook, each status, each change of relation data. */
export class UnitFollower {
  readonly #agent: UnitAgent;
  readonly #machine: Machine;
  readonly #screen: Screen;
  readonly #relations = new Map<string, { readonly relation: Relation; told: string }>();
  #logLines = 0;
  #statuses = 0;
  #status = '';
  #hostCalls = 0;

  constructor(machine: Machine, agent: UnitAgent, screen: Screen) {
    this.#machine = machine;
    this.#agent = agent;
    this.#screen = screen;
  }

  /** Follows the relation with this application, too. */
  add(application: string, relation: Relation): void {
    this.#relations.set(application, { relation, told: '' });
  }

  /** Tells what is new. */
  look(): void {
    this.#lookAtHooks();
    this.#lookAtStatus();
    this.#lookAtRelations();
  }

  #lookAtHooks(): void {
    const { log, statusHistory } = this.#agent.model;
    for (const { message, at } of log.slice(this.#logLines)) {
      const [, name, kind] = /^ran "(.+)" (hook|action) /.exec(message) ?? [];
      if (name === undefined) continue;
      const began = statusHistory.findLast((each) => each.status === 'executing' && each.at < at)?.at ?? at;
      const seconds = kind === 'hook' ? `  ${((at - began) / 1000).toFixed(1)} s` : '';
      this.#screen.line(kind === 'hook' ? 'hook' : 'action', `${name}${seconds}`);
    }
    this.#logLines = log.length;
    const calls = this.#machine.hostCalls;
    for (const { program, args } of calls.slice(this.#hostCalls)) {
      const [, event] = /JUJU_DISPATCH_PATH=hooks\/(\w+)/.exec(args.join(' ')) ?? [];
      if (program === 'juju-exec' && event !== undefined)
        this.#screen.line('hook', `${event}  (by juju-exec)`);
    }
    this.#hostCalls = calls.length;
  }

  #lookAtStatus(): void {
    const history = this.#agent.model.statusHistory;
    const news = history.slice(this.#statuses).filter(({ of }) => of === 'unit');
    this.#statuses = history.length;
    for (const { status, message } of news) {
      const now = message === '' ? status : `${status}: ${message}`;
      if (now !== this.#status) this.#screen.line('status', now);
      this.#status = now;
    }
  }

  #lookAtRelations(): void {
    for (const [application, followed] of this.#relations) {
      const images = listPublished(followed.relation).map(({ id, tags }) => `${tags} ${id}`);
      const now = images.join(', ');
      if (now === followed.told) continue;
      followed.told = now;
      const told = now === '' ? 'nothing' : now;
      this.#screen.line('relation', `${followed.relation.name} tells ${application}: ${told}`);
    }
  }
}
