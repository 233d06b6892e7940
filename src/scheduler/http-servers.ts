import type { Built } from '../model/unit/built.ts';
import type { DesiredState } from '../model/unit/desired-state.ts';
import { type TextPage, type TextServer, serveTextOnSocket } from '../system/http/text-server.ts';
import { logFailure } from '../system/log/log-failure.ts';
import type { Logger } from '../system/log/logger.ts';
import { LoopbackServer } from './loopback-server.ts';

interface ServedPages {
  readonly metrics: TextPage;
  /** The status page. */
  readonly page: TextPage;
}

/** The ports in use; absent while nothing is served there. */
type Ports = Pick<Built, 'metricsPort' | 'pagePort'>;

/** Serves the metrics and the status page of one daemon: the page always on a unix socket, both optionally on the loopback. */
export class HttpServers {
  readonly #page: TextPage;
  readonly #logger: Logger;
  readonly #metricsServer: LoopbackServer;
  readonly #pageServer: LoopbackServer;
  #socket: TextServer | undefined;

  constructor({ metrics, page }: ServedPages, logger: Logger) {
    this.#page = page;
    this.#logger = logger;
    this.#metricsServer = new LoopbackServer('metrics', metrics, logger);
    this.#pageServer = new LoopbackServer(
      'status page',
      { ...page, hosts: ['localhost', '127.0.0.1'] },
      logger,
    );
  }

  get ports(): Ports {
    return { metricsPort: this.#metricsServer.port, pagePort: this.#pageServer.port };
  }

  /** Serves the page on the socket at `path`. A failure is logged, because the images matter more than the page. */
  async openSocket(path: string): Promise<void> {
    try {
      this.#socket = await serveTextOnSocket(this.#page, path);
    } catch (error) {
      logFailure(this.#logger, 'the status page is not served on its socket', error);
    }
  }

  /** Serves on the ports of the options. `before` is the report of the previous daemon, whose ports are taken again. */
  async listen(
    desired: Pick<DesiredState, 'metricsPort' | 'pagePort'>,
    before: Ports | undefined,
  ): Promise<void> {
    await this.#metricsServer.listen(desired.metricsPort, before?.metricsPort);
    await this.#pageServer.listen(desired.pagePort, before?.pagePort);
  }

  async close(): Promise<void> {
    await Promise.all([this.#socket?.close(), this.#metricsServer.close(), this.#pageServer.close()]);
  }
}
