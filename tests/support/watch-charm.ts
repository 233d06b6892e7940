import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Built, parseBuilt } from '../../src/model/unit/built.ts';
import type { UnitPaths } from '../../src/model/unit/unit-paths.ts';
import type { UnitAgent } from './juju/unit-agent.ts';

/** Observes a deployed charm. */
export interface CharmWatch {
  /** Returns the daemon's last report; undefined before the first one. */
  readBuilt(): Promise<Built | undefined>;
  /** Waits until `probe` returns a value. The timeout error includes the last output of the unit and the daemon. */
  until<T>(what: string, seconds: number, probe: () => T | undefined | Promise<T | undefined>): Promise<T>;
}

/** Observes a unit and polls every `pauseMs`. */
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
          throw new Error(`waited ${seconds} s for ${what}\n${await describeState(agent, paths)}`);
        }
        await sleep(pauseMs);
      }
    },
  };
}

/** Describes the state of unit and daemon for the message of a failure. */
async function describeState(agent: UnitAgent, paths: UnitPaths): Promise<string> {
  const statuses = agent.model.statusHistory
    .slice(-8)
    .map(({ of, status, message }) => `${of} ${status}: ${message}`);
  const messages = agent.model.log.slice(-12).map(({ level, message }) => `${level} ${message}`);
  const built = await readFile(paths.built, 'utf8').catch(String);
  const log = await readFile(join(paths.log, 'scheduler.log'), 'utf8').catch(String);
  return [...statuses, ...messages, built, log.split('\n').slice(-25).join('\n')].join('\n');
}
