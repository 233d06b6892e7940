import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchText } from '../fetch-text.ts';

export interface PrometheusOptions {
  readonly program: string;
  /** The port of the metrics on the loopback. */
  readonly target: number;
  /** The labels that a collector adds. */
  readonly labels: Readonly<Record<string, string>>;
  readonly jobName: string;
  /** The alerting rules. */
  readonly rules: object;
}

/** A Prometheus of Debian that scrapes one target every second. */
export class Prometheus {
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #url: string;

  private constructor(folder: string, process: ChildProcess, url: string) {
    this.#folder = folder;
    this.#process = process;
    this.#url = url;
  }

  static async start({ program, target, labels, jobName, rules }: PrometheusOptions): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const [config, ruleFile] = [join(folder, 'config.yaml'), join(folder, 'rules.yaml')];
    await writeFile(ruleFile, JSON.stringify(rules));
    const job = { job_name: jobName, static_configs: [{ targets: [`localhost:${target}`], labels }] };
    const global = { scrape_interval: '1s', evaluation_interval: '1s' };
    await writeFile(config, JSON.stringify({ global, rule_files: [ruleFile], scrape_configs: [job] }));
    const address = `127.0.0.1:${await findFreePort()}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    return new Prometheus(folder, child, `http://${address}`);
  }

  /** Returns `data` of the API's answer; undefined while Prometheus does not answer. Throws when it refuses the request. */
  async ask(path: string): Promise<unknown> {
    const answer = await fetchText(`${this.#url}/api/v1/${path}`).catch(() => undefined);
    if (answer === undefined || answer.status === 503) return undefined;
    if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`);
    return (JSON.parse(answer.text) as { readonly data: unknown }).data;
  }

  /** Returns the number of series that a query has now. */
  async countSeries(expr: string): Promise<number> {
    const data = await this.ask(`query?query=${encodeURIComponent(expr)}`);
    return (data as { readonly result: readonly unknown[] } | undefined)?.result.length ?? 0;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Returns a port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('expected a port');
  return address.port;
}
