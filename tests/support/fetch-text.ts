import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from 'node:http';

/** A response as text. */
export interface FetchedText {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request without content. Rejects when the server cannot be reached. */
export async function fetchText(
  url: string,
  method = 'GET',
  options: Pick<RequestOptions, 'headers' | 'socketPath'> = {},
): Promise<FetchedText> {
  const sent = request(url, { ...options, method, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const { statusCode, headers } = response;
  return { status: statusCode, type: headers['content-type'], headers, text };
}
