import type { BuildCalendar } from '../../../src/scheduler/build-calendar.ts';
import { rememberListed } from '../../../src/scheduler/journal/back-off.ts';
import { rememberEnded } from '../../../src/scheduler/journal/answers.ts';
import { listJobKeys, rememberCancellation } from '../../../src/scheduler/journal/cancellations.ts';
import { rememberDied } from '../../../src/scheduler/journal/died-jobs.ts';
import { EMPTY_JOURNAL } from '../../../src/scheduler/journal/journal.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { HOUR } from './plan-fixtures.ts';
import type { SimulatedJob } from './simulated-layers.ts';
import type { Simulation } from './simulation.ts';

/** When images are due and builds start: by age, every day at 02:00 UTC, or by age and between 20:00 and 08:00 UTC. */
export type SimulatedSchedule = 'age' | 'times' | 'window';

const DAY = 24 * HOUR;

/** Returns the calendar of a schedule at `now`. */
export function calendarAt(
  schedule: SimulatedSchedule,
  now: number,
): Pick<BuildCalendar, 'times' | 'opensAt'> {
  if (schedule === 'times') {
    const last = Math.floor((now - 2 * HOUR) / DAY) * DAY + 2 * HOUR;
    return { times: { last, next: last + DAY } };
  }
  const hour = (now % DAY) / HOUR;
  const isOpen = schedule === 'age' || hour >= 20 || hour < 8;
  return isOpen ? {} : { opensAt: Math.floor(now / DAY) * DAY + 20 * HOUR };
}

/** Simulates an action that stops a job, which undoes what it made. */
export function cancelJob(simulation: Simulation, job: SimulatedJob): void {
  simulation.jobs = simulation.jobs.filter((other) => other !== job);
  const cancelled = rememberCancellation(simulation.journal, listJobKeys(job), ({ kind, subject }) => ({
    ...{ action: 'cancel', at: simulation.now, settings: settingsOf(job.desired, kind, subject) },
  }));
  simulation.journal = rememberEnded(cancelled, job.buildId);
}

/** Simulates a reboot: all jobs end without results. With `isMade` they had made their images. */
export function reboot(simulation: Simulation, isMade: boolean): void {
  for (const job of simulation.jobs) {
    const before = simulation.journal;
    if (isMade) simulation.end(job, true);
    simulation.journal = rememberDied(before, job, simulation.now);
    simulation.jobs = simulation.jobs.filter((other) => other !== job);
    for (const key of listJobKeys(job).filter(({ kind }) => kind === job.kind))
      simulation.record(job, key, false);
    simulation.journal = rememberEnded(simulation.journal, job.buildId);
  }
}

/** The state of a unit: what it does not share with other units. */
type UnitState = Pick<Simulation, 'journal' | 'built' | 'jobs' | 'databags'> &
  Pick<Simulation['desired'], 'published' | 'requests'>;

const NEW_UNIT: UnitState = {
  ...{ journal: EMPTY_JOURNAL, built: undefined, jobs: [], databags: new Map() },
  ...{ published: [], requests: [] },
};

/** Two units, of which one builds. */
export class SimulatedUnits {
  #other = NEW_UNIT;

  /** The ids that the other unit publishes. */
  get publishedElsewhere(): readonly string[] {
    return [...this.#other.databags.values()].flat();
  }

  /** The report of the other unit on the peer relation. */
  get others(): Simulation['desired']['otherUnits'] {
    const imageIds = (this.#other.published ?? []).flatMap((publication) => publication.imageIds);
    return [{ unit: 'app/1', imageIds }];
  }

  /** Makes the other unit the leader. The jobs of the former leader end after the first plan of the new one. */
  changeLeader(simulation: Simulation, reconcile: () => void): void {
    this.#swap(simulation);
    const onStandby = { ...simulation.desired, role: 'observes' } as const;
    simulation.journal = rememberListed(simulation.journal, onStandby, simulation.input());
    reconcile();
    this.#swap(simulation);
    for (const job of simulation.jobs) simulation.end(job, true);
    this.#swap(simulation);
  }

  #swap(simulation: Simulation): void {
    const { journal, built, jobs, databags, desired } = simulation;
    const { published, requests, ...other } = this.#other;
    this.#other = {
      ...{ journal, built, jobs, databags },
      published: desired.published,
      requests: desired.requests,
    };
    Object.assign(simulation, other);
    simulation.desired = { ...desired, published, requests, otherUnits: this.others };
  }
}
