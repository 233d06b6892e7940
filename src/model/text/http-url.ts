/**
 * Parses a URL of a web server, which may have blanks around it. Returns undefined unless it is http or https with a
 * host. The host `unix` is refused, because HTTP clients take `http://unix:/path` for a socket of this machine.
 */
export function parseHttpUrl(text: string): URL | undefined {
  const trimmed = text.trim();
  if (!/^https?:\/\/[^/?#\\]/i.test(trimmed) || /[\s\\]/.test(trimmed) || !URL.canParse(trimmed))
    return undefined;
  const url = new URL(trimmed);
  return url.hostname === '' || url.hostname === 'unix' ? undefined : url;
}
