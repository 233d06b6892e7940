import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Built, parseBuilt } from '../../src/model/built.ts';
import type { UnitPaths } from '../../src/model/unit-paths.ts';
import type { UnitAgent } from './juju/unit-agent.ts';

/** A deployed charm, as somebody sees it who waits for what it does. */
export interface CharmWatch {
  /** What the daemon told last; `undefined` before it told anything. */
  readBuilt(): Promise<Built | undefined>;
  /** Waits until `probe` gives something; what the unit and the daemon last said is told when time runs out. */
  until<T>(what: string, seconds: number, probe: () => T | undefined | Promise<T | undefined>): Promise<T>;
}

/** Watches a unit; looks every `pauseMs`. */
export function watchCharm(agent: UnitAgent, paths: UnitPaths, pauseMs: number): CharmWatch {
  return {
    readBuilt: async () => {
      const text = await readFile(paths.built, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : parseBuilt(text);
    },
    until: async (what, seconds, probe) => {
      const deadline = Date.now() + seconds * 1000;
      for (;;) {
        const found = await probe();
        if (found !== undefined) return found;
        if (Date.now() > deadline) {
          throw new Error(`waited ${seconds} s for ${what}\n${await tellAll(agent, paths)}`);
        }
        await sleep(pauseMs);
      }
    },
  };
}

/** For the reader of a failure. */
async function tellAll(agent: UnitAgent, paths: UnitPaths): Promise<string> {
  const statuses = agent.model.statusHistory
    .slice(-8)
    .map(({ of, status, message }) => `${of} ${status}: ${message}`);
  const built = await readFile(paths.built, 'utf8').catch(String);
  const log = await readFile(join(paths.log, 'scheduler.log'), 'utf8').catch(String);
  return [...statuses, built, log.split('\n').slice(-25).join('\n')].join('\n');
}
