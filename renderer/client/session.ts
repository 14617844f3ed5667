import { SESSION_PATH } from '../../shared/contract/assets.ts';

/** What the session needs of the window; tests pass their own. */
export interface SessionPlace {
  readonly hash: string;
  readonly replaceHash: (hash: string) => void;
  readonly fetch: typeof fetch;
}

/** The start-up token of an address such as `http://127.0.0.1:4000/#token=abc`; null when there is none. */
export function tokenFromHash(hash: string): string | null {
  const match = /^#\/?\??(?:.*&)?token=([^&]+)/.exec(hash);
  return match?.[1] === undefined ? null : decodeURIComponent(match[1]);
}

/**
 * Exchanges the token of the address for a cookie. The token leaves the address first, so that it stays out of
 * the history and of anything copied from it. Without a token the cookie of an earlier visit is used.
 * @returns false when the host did not accept the token.
 */
export async function openSession(place: SessionPlace): Promise<boolean> {
  const token = tokenFromHash(place.hash);
  if (token === null) return true;
  place.replaceHash('');
  const response = await place.fetch(SESSION_PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return response.ok;
}

/** 'refused' when the host is there and does not know this page; 'away' when it does not answer. */
export async function askSession(fetcher: typeof fetch): Promise<'good' | 'refused' | 'away'> {
  try {
    const response = await fetcher(SESSION_PATH, { cache: 'no-store' });
    if (response.ok) return 'good';
    return response.status === 401 || response.status === 403 ? 'refused' : 'away';
  } catch {
    return 'away';
  }
}
