import { type TextPage, type TextServer, serveText } from '../system/http/text-server.ts';
import type { Logger } from '../system/log/logger.ts';

/** The ports above the option's that are tried before any free port. One machine may have several units. */
const NEIGHBOURS = 20;

/** Serves a page on the loopback, on the first free port from the option's on. */
export class LoopbackServer {
  readonly #name: string;
  readonly #page: TextPage;
  readonly #logger: Logger;
  #wanted = 0;
  #server: TextServer | undefined;

  /** `name` says in the log what is served: `metrics`. */
  constructor(name: string, page: TextPage, logger: Logger) {
    this.#name = name;
    this.#page = page;
    this.#logger = logger;
  }

  /** The port in use. Undefined while nothing is served. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  /**
   * Serves on `wanted` or a free port near it; 0 turns the server off. `former` is the port of the previous daemon, which
   * is taken again, so that the two units of a machine do not swap their ports.
   */
  async listen(wanted: number, former: number | undefined): Promise<void> {
    if (wanted === this.#wanted && (wanted === 0 || this.#server !== undefined)) return;
    await this.close();
    this.#wanted = wanted;
    if (wanted === 0) return;
    for (const port of listCandidates(wanted, former)) {
      this.#server = await serveText(this.#page, port);
      if (this.#server !== undefined) break;
    }
    if (this.port === undefined)
      this.#logger.warning(`${this.#name} not served: no port is free`, { wanted });
    else
      this.#logger.info(`${this.#name} served`, { url: `http://127.0.0.1:${this.port}${this.#page.path}` });
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }
}

function listCandidates(wanted: number, former: number | undefined): readonly number[] {
  const near = Array.from({ length: NEIGHBOURS }, (_, index) => wanted + index).filter(
    (port) => port <= 65_535,
  );
  const again = former !== undefined && near.includes(former) ? [former] : [];
  return [...new Set([...again, ...near, 0])];
}
