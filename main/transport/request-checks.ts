import type { IncomingMessage } from 'node:http';

/** Names under which a host may be addressed. Anything else is another site whose name was pointed at us. */
export function allowedHosts(address: string, port: number): ReadonlySet<string> {
  const names = new Set([
    '127.0.0.1',
    'localhost',
    '[::1]',
    address.includes(':') ? `[${address}]` : address,
  ]);
  return new Set([...names].map((name) => `${name}:${port}`));
}

/** The one Host header of a request, if it is one of ours. A request with two of them is refused. */
export function hostOf(request: IncomingMessage, hosts: ReadonlySet<string>): string | null {
  const values = headerValues(request, 'host');
  const host = values[0]?.toLowerCase();
  return values.length === 1 && host !== undefined && hosts.has(host) ? host : null;
}

/** Whether a request was made by a page of this very host. A missing Origin is not ours. */
export function isOwnOrigin(request: IncomingMessage, host: string): boolean {
  const values = headerValues(request, 'origin');
  return values.length === 1 && values[0] === `http://${host}`;
}

/** What browsers say about who asks; others say nothing. */
export function isCrossSite(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Node joins or drops repeated headers; the raw list has them all. */
function headerValues(request: IncomingMessage, name: string): readonly string[] {
  const { rawHeaders } = request;
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}

/** `application/json; charset=utf-8` -> `application/json` */
export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}
