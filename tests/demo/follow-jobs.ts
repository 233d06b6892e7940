import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ORDER_FILE, parseJobOrder } from '../../src/model/job/job-order.ts';
import { toOngoingJob } from '../../src/model/job/to-ongoing-job.ts';
import type { Screen } from './screen.ts';

interface FollowedJob {
  readonly title: string;
  /** The number of characters of the log that were shown. */
  shownLength: number;
  /** The running steps with their start times. */
  readonly running: Map<string, number>;
  isOver: boolean;
}

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields?: { readonly step?: string; readonly seconds?: number; readonly reason?: string };
}

/** Shows the progress of the builder's jobs, read from the files in the daemon's job folders. */
export class JobFollower {
  readonly #folder: string;
  readonly #screen: Screen;
  readonly #jobs = new Map<string, FollowedJob>();

  constructor(folder: string, screen: Screen) {
    this.#folder = folder;
    this.#screen = screen;
  }

  /** Shows what has changed since the last call. */
  async poll(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) await this.#pollJob(name);
    this.#screen.live(this.#listRunning());
  }

  async #pollJob(name: string): Promise<void> {
    const job = this.#jobs.get(name) ?? (await this.#addJob(name));
    if (job === undefined || job.isOver) return;
    const folder = join(this.#folder, name);
    const hasResult = (await readText(join(folder, 'result.json'))).endsWith('\n');
    this.#showNewLines(job, await readText(join(folder, 'progress.log')));
    if (!hasResult) return;
    job.isOver = true;
    job.running.clear();
    this.#screen.line('job', `${job.title} has ended`);
  }

  async #addJob(name: string): Promise<FollowedJob | undefined> {
    const text = await readText(join(this.#folder, name, ORDER_FILE));
    const order = text === '' ? undefined : parseJobOrder(text);
    if (order === undefined || order.kind === 'list') return undefined;
    const { kind, subject, cloudIds, reason } = toOngoingJob(order);
    const title = `${kind} ${subject}`;
    const where = cloudIds.length === 0 ? '' : ` → ${cloudIds.join(', ')}`;
    this.#screen.line('job', `${title}${where}  (${reason})`);
    const job: FollowedJob = { title, shownLength: 0, running: new Map(), isOver: false };
    this.#jobs.set(name, job);
    return job;
  }

  #showNewLines(job: FollowedJob, log: string): void {
    const end = log.lastIndexOf('\n') + 1;
    for (const line of log.slice(job.shownLength, end).split('\n')) {
      // Lines in any other format are output of other programs.
      if (line.startsWith('{')) this.#showLine(job, JSON.parse(line) as LogLine);
    }
    job.shownLength = end;
  }

  #showLine(job: FollowedJob, { level, message, fields = {} }: LogLine): void {
    const { step = '', seconds = 0, reason = '' } = fields;
    if (level === 'warning' || level === 'error')
      this.#screen.line('job', `${job.title}: ${message.split('\n', 1)[0] ?? ''}`);
    if (message === 'step started') job.running.set(step, Date.now());
    if (message === 'step finished' || message === 'step failed') {
      job.running.delete(step);
      const mark = message === 'step finished' ? '✓' : '✗';
      const why = reason === '' ? '' : `  ${reason}`;
      this.#screen.line('step', `${job.title}: ${mark} ${step}  ${seconds.toFixed(1)} s${why}`);
    }
  }

  #listRunning(): readonly string[] {
    return [...this.#jobs.values()]
      .filter(({ isOver }) => !isOver)
      .map(({ title, running }) => {
        const [step, since] = [...running].at(-1) ?? ['starting', Date.now()];
        return `  … ${title}: ${step}  ${((Date.now() - since) / 1000).toFixed(1)} s`;
      });
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
