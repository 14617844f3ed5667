import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Who may talk to a host in browser mode. The address that is printed at the start carries a token, which is good
 * for one exchange against the secret of a session cookie. A page reads neither from the other's place: the token
 * stands in the fragment, which no request carries, and the cookie is not readable by scripts.
 */
export interface Sessions {
  readonly cookieName: string;
  /** A token for a new address. */
  issueToken(): string;
  /** The Set-Cookie of a new session; null for a token that was never given out or was used before. */
  exchange(token: string): string | null;
  /** Whether a request's Cookie header names a session of ours. */
  accepts(cookieHeader: string | undefined): boolean;
}

/** Sessions that are open at once; the oldest goes. */
const MAX_SESSIONS = 100;

/** 256 bits. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Takes as long for a near miss as for a far one. */
function isAmong(digests: Iterable<string>, candidate: string): boolean {
  const wanted = Buffer.from(digest(candidate));
  let found = false;
  for (const one of digests) found = timingSafeEqual(Buffer.from(one), wanted) || found;
  return found;
}

/** @param port cookies are shared by all ports of a machine, so the name tells two hosts' apart */
export function createSessions(port: number): Sessions {
  const cookieName = `imagent-${port}`;
  // Only digests are kept: nothing that could be read out of memory lets anybody in.
  const tokens = new Set<string>();
  const sessions = new Set<string>();
  return {
    cookieName,
    issueToken: () => {
      const token = secret();
      tokens.add(digest(token));
      return token;
    },
    exchange: (token) => {
      if (!isAmong(tokens, token)) return null;
      tokens.delete(digest(token));
      const session = secret();
      sessions.add(digest(session));
      for (const oldest of sessions) {
        if (sessions.size <= MAX_SESSIONS) break;
        sessions.delete(oldest);
      }
      return `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict`;
    },
    accepts: (cookieHeader) =>
      cookiesNamed(cookieName, cookieHeader).some((value) => isAmong(sessions, value)),
  };
}

function cookiesNamed(name: string, header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
}
