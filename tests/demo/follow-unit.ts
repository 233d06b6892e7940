import type { Machine } from '../support/juju/machine/machine.ts';
import type { Relation, UnitAgent } from '../support/juju/unit-agent.ts';
import type { Screen } from './screen.ts';

interface PublishedImage {
  readonly id: string;
  readonly tags: string;
}

/** Returns the images that a relation publishes. */
export function listPublished(relation: Relation): readonly PublishedImage[] {
  return JSON.parse(relation.ourDatabag()['images'] ?? '[]') as PublishedImage[];
}

/** Shows the unit's hooks, statuses and changes of relation data, as Juju's model records them. */
export class UnitFollower {
  readonly #agent: UnitAgent;
  readonly #machine: Machine;
  readonly #screen: Screen;
  readonly #relations = new Map<string, { readonly relation: Relation; shown: string }>();
  #logLines = 0;
  #statuses = 0;
  #status = '';
  #hostCalls = 0;

  constructor(machine: Machine, agent: UnitAgent, screen: Screen) {
    this.#machine = machine;
    this.#agent = agent;
    this.#screen = screen;
  }

  /** Also follows the relation with this application. */
  add(application: string, relation: Relation): void {
    this.#relations.set(application, { relation, shown: '' });
  }

  /** Shows what has changed since the last call. */
  poll(): void {
    this.#showHooks();
    this.#showStatus();
    this.#showRelations();
  }

  #showHooks(): void {
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

  #showStatus(): void {
    const history = this.#agent.model.statusHistory;
    const news = history.slice(this.#statuses).filter(({ of }) => of === 'unit');
    this.#statuses = history.length;
    for (const { status, message } of news) {
      const now = message === '' ? status : `${status}: ${message}`;
      if (now !== this.#status) this.#screen.line('status', now);
      this.#status = now;
    }
  }

  #showRelations(): void {
    for (const [application, followed] of this.#relations) {
      const published = listPublished(followed.relation).map(({ id, tags }) => `${tags} ${id}`);
      const now = published.join(', ');
      if (now === followed.shown) continue;
      followed.shown = now;
      const images = now === '' ? 'no image' : now;
      this.#screen.line('relation', `${followed.relation.name} publishes to ${application}: ${images}`);
    }
  }
}
