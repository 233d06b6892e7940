import type { TextPage } from '../../system/http/text-server.ts';
import { logFailure } from '../../system/log/log-failure.ts';
import type { Logger } from '../../system/log/logger.ts';
import { type PageParts, readPageFacts } from './page-facts.ts';
import { PAGE_POLICY, renderPage } from './render-page.ts';

const HEADERS = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Returns the status page for a server. Requests that come at the same time share one rendering. */
export function createStatusPage(parts: PageParts & { readonly logger: Logger }): TextPage {
  let current: Promise<string> | undefined;
  const render = async (): Promise<string> => {
    try {
      return renderPage(await readPageFacts(parts));
    } catch (error) {
      logFailure(parts.logger, 'the status page was not rendered', error);
      throw error;
    } finally {
      current = undefined;
    }
  };
  return {
    ...{ path: '/', type: 'text/html; charset=utf-8', headers: HEADERS },
    render: () => (current ??= render()),
  };
}
