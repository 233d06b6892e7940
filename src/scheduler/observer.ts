import type { Clock } from '../model/clock.ts';
import {
  type DesiredState,
  buildCloudOf,
  listLookedFor,
  uploadCloudsOf,
} from '../model/unit/desired-state.ts';
import { ProductError } from '../model/errors.ts';
import { messageOf } from '../model/text/message-of.ts';
import type { Observation, ObservedCloud } from '../model/observation.ts';
import type { OngoingJob } from '../model/job/ongoing-job.ts';
import type { JobRunner } from './jobs/job-runner.ts';
import type { ReconcileInput } from './reconcile-input.ts';

/** The time-outs of one call to a cloud in seconds. An observation may take twice this time. */
const QUICK_S = 15;
const PATIENT_S = 40;

/** The age at which an answer is no longer used: the machine was suspended, or the clock was set. */
const MAX_AGE_MS = 900_000;

/** The queue of a cloud. The build cloud never waits for others, and a cloud that failed never holds up others. */
type Queue = 'build' | 'quick' | 'patient';

/** An answer, and the facts that decide how long it is valid. */
interface Answer {
  readonly cloud: ObservedCloud;
  /** The number of changes of projects by our jobs before the observation began. */
  readonly changesBefore: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly credentialsGeneration: number | undefined;
  /** The published images that were checked, as `cloud=image`. */
  readonly checked: ReadonlySet<string>;
}

/** The clouds to observe. */
interface Request {
  readonly input: Pick<ReconcileInput, 'desired' | 'credentialsGeneration'>;
  readonly runner: JobRunner;
  /** The clouds of each login; that of the build cloud comes first. */
  readonly logins: readonly (readonly string[])[];
}

interface ObserverParts {
  readonly clock: Clock;
  /** Called for each answer. */
  readonly onAnswer: (clouds: Observation) => void;
}

/**
 * Observes the clouds, each login in a process of its own, and keeps their last answers. An answer is valid until the
 * next one arrives, a job of ours has changed the project, or the desired state asks for more.
 */
export class Observer {
  readonly #parts: ObserverParts;
  readonly #answers = new Map<string, Answer>();
  /** The project of each cloud that ever answered. */
  readonly #projects = new Map<string, string>();
  /** By cloud and by project: the number of the last change. */
  readonly #changed = new Map<string, number>();
  #changes = 0;
  /** The clouds that did not answer in time, or failed, the last time. */
  readonly #bad = new Set<string>();
  /** The first cloud of each login to observe, in the order of requests. */
  readonly #due = new Set<string>();
  readonly #running = new Map<string, { readonly queue: Queue; readonly ended: Promise<void> }>();
  #request: Request | undefined;
  #isStopped = false;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  /** The projects of the clouds, also of those without a valid answer. */
  get projects(): ReadonlyMap<string, string> {
    return this.#projects;
  }

  /** The number of logins that are being observed or wait for it. */
  get openCount(): number {
    return new Set([...this.#due, ...this.#running.keys()]).size;
  }

  /** Observes all clouds of the desired state. A cloud that is being observed is observed once more afterwards. */
  async observe(input: Request['input'], runner: JobRunner): Promise<void> {
    const logins = await this.#setRequest(input, runner);
    for (const [key = ''] of logins) this.#due.add(key);
    this.#startDue();
  }

  /** Observes the clouds that have no valid answer and are not being observed: a job has changed them, or they are new. */
  async observeChanged(input: Request['input'], runner: JobRunner): Promise<void> {
    const logins = await this.#setRequest(input, runner);
    const answered = new Set(this.answersFor(input).map(({ cloudId }) => cloudId));
    for (const login of logins) {
      const [key = ''] = login;
      if (!this.#running.has(key) && login.some((cloudId) => !answered.has(cloudId))) this.#due.add(key);
    }
    this.#startDue();
  }

  async #setRequest(input: Request['input'], runner: JobRunner): Promise<Request['logins']> {
    const logins = await runner.groupByLogin(listClouds(input.desired));
    this.#request = { input, runner, logins };
    const keys = logins.map(([first = '']) => first);
    for (const key of this.#due) if (!keys.includes(key)) this.#due.delete(key);
    return logins;
  }

  /** Notes that a job has ended: answers from before its end may lack its effect. */
  noteEnd({ kind, cloudIds }: OngoingJob): void {
    if (this.#request === undefined) return; // nothing has been observed
    this.#changes += 1;
    const { desired } = this.#request.input;
    const isInBuildCloud = kind === 'build' || kind === 'layer';
    const changed = isInBuildCloud ? [buildCloudOf(desired), ...cloudIds] : cloudIds;
    for (const cloudId of changed) {
      this.#changed.set(cloudId, this.#changes);
      const project = this.#projects.get(cloudId);
      if (project !== undefined) this.#changed.set(project, this.#changes);
    }
  }

  /** Returns the valid answers. Clouds without one are left out. */
  answersFor(input: Request['input']): Observation {
    return listClouds(input.desired).flatMap((cloudId) => {
      const answer = this.#answers.get(cloudId);
      return answer !== undefined && this.#isValid(answer, input) ? [answer.cloud] : [];
    });
  }

  /** Resolves when no observation is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #isValid(answer: Answer, { desired, credentialsGeneration }: Request['input']): boolean {
    const { cloud, at, checked } = answer;
    if (answer.credentialsGeneration !== credentialsGeneration) return false;
    if (Math.abs(this.#parts.clock.now() - at) > MAX_AGE_MS || this.#isOvertaken(answer)) return false;
    return listImages(desired, [cloud.cloudId]).every((key) => checked.has(key));
  }

  /** Reports whether a job has ended in the project since the observation began. */
  #isOvertaken({ cloud, changesBefore }: Pick<Answer, 'cloud' | 'changesBefore'>): boolean {
    const keys = [cloud.cloudId, ...(cloud.state === 'seen' ? [cloud.projectKey] : [])];
    return keys.some((key) => (this.#changed.get(key) ?? 0) > changesBefore);
  }

  #startDue(): void {
    const request = this.#request;
    if (request === undefined || this.#isStopped) return;
    for (const key of this.#due) {
      const login = request.logins.find(([first]) => first === key);
      if (login === undefined || this.#running.has(key)) continue;
      const queue = this.#queueOf(login, request);
      if (!this.#hasSlot(queue, request)) continue;
      this.#due.delete(key);
      this.#running.set(key, { queue, ended: this.#observeLogin(login, queue, request) });
    }
  }

  #queueOf(login: readonly string[], { input }: Request): Queue {
    if (login.includes(buildCloudOf(input.desired))) return 'build';
    return login.some((cloudId) => this.#bad.has(cloudId)) ? 'patient' : 'quick';
  }

  #hasSlot(queue: Queue, { input }: Request): boolean {
    const busy = [...this.#running.values()].filter((running) => running.queue === queue).length;
    return busy < (queue === 'quick' ? Math.max(1, input.desired.maxObservations - 1) : 1);
  }

  async #observeLogin(login: readonly string[], queue: Queue, { input, runner }: Request): Promise<void> {
    const { clock, onAnswer } = this.#parts;
    const [key = ''] = login;
    const [changesBefore, began] = [this.#changes, clock.now()];
    const clouds = await observeOrFail(login, queue === 'quick' ? QUICK_S : PATIENT_S, runner);
    this.#running.delete(key);
    if (clouds === undefined) {
      this.#isStopped = true;
      return;
    }
    const isSlow = clock.now() - began > 2 * QUICK_S * 1000;
    const hasFailed = clouds.some(({ state }) => state === 'failed');
    for (const cloudId of login) {
      if (hasFailed || isSlow) this.#bad.add(cloudId);
      else this.#bad.delete(cloudId);
    }
    const mayNeedTime = queue === 'quick' && clouds.some(isUnavailable);
    if (mayNeedTime || clouds.some((cloud) => this.#isOvertaken({ cloud, changesBefore })))
      this.#due.add(key);
    this.#startDue();
    if (mayNeedTime) return; // it counts as failed when it does not answer in more time
    const { desired, credentialsGeneration } = input;
    const checked = new Set(listImages(desired, login));
    for (const cloud of clouds) {
      if (cloud.state === 'seen') this.#projects.set(cloud.cloudId, cloud.projectKey);
      const answer = { cloud, changesBefore, at: clock.now(), credentialsGeneration, checked };
      this.#answers.set(cloud.cloudId, answer);
    }
    onAnswer(clouds);
  }
}

/** Returns undefined when the daemon stops. */
async function observeOrFail(
  login: readonly string[],
  apiTimeoutS: number,
  runner: JobRunner,
): Promise<Observation | undefined> {
  try {
    return await runner.observe(login, apiTimeoutS);
  } catch (error) {
    if (error instanceof ProductError && error.kind === 'cancelled') return undefined;
    return login.map((cloudId) => ({ cloudId, state: 'failed', kind: 'bug', message: messageOf(error) }));
  }
}

function isUnavailable(cloud: ObservedCloud): boolean {
  return cloud.state === 'failed' && cloud.kind === 'unavailable';
}

function listClouds(desired: DesiredState): readonly string[] {
  return [buildCloudOf(desired), ...uploadCloudsOf(desired)];
}

/** Lists the images to look for in these clouds, as `cloud=image`. */
function listImages(desired: DesiredState, cloudIds: readonly string[]): readonly string[] {
  return listLookedFor(desired)
    .filter(({ cloudId }) => cloudIds.includes(cloudId))
    .map(({ cloudId, imageId }) => `${cloudId}=${imageId}`);
}
