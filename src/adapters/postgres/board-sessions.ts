import type { LoggedClient } from './operator-log.ts';
import type { Pool } from './pool.ts';

export interface NewBoardSession extends LoggedClient {
  keyId: string;
  /** SHA-256 of the token, as hex. */
  tokenHash: string;
  sessionId: string;
  /** SHA-256 of the API key, as hex. */
  keyHash: string;
  lifetimeMs: number;
}

export interface StoredBoardSession {
  sessionId: string;
  keyHash: string;
  expiresAt: Date;
}

/** The sessions of operators at the board. Their tokens are not stored, only hashes of them. */
export interface BoardSessions {
  /** Adds a session, with an entry in the log. Returns when it ends. */
  begin(session: NewBoardSession): Promise<Date>;
  /** Returns the session of a token, unless its time is over. */
  find(tokenHash: string): Promise<StoredBoardSession | undefined>;
  /** Deletes the session, with an entry in the log if there was one. Safe to run twice. */
  end(tokenHash: string, client: LoggedClient): Promise<void>;
}

export const createBoardSessions = (pool: Pool): BoardSessions => ({
  async begin({ tokenHash, sessionId, keyHash, clientId, keyId, lifetimeMs }) {
    const { rows } = await pool.query<{ expires_at: Date }>(
      `with added as (
         insert into board_sessions (token_hash, session_id, key_hash, expires_at)
         values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond') returning session_id, expires_at
       ), logged as (
         insert into audit_log (action, client_id, key_id, session_id) select 'signed_in', $5, $6, session_id from added
       )
       select expires_at from added`,
      [tokenHash, sessionId, keyHash, lifetimeMs, clientId, keyId],
    );
    const [row] = rows;
    if (!row) throw new Error('The session was not added');
    return row.expires_at;
  },

  async find(tokenHash) {
    const { rows } = await pool.query<{ session_id: string; key_hash: string; expires_at: Date }>({
      name: 'find_board_session',
      text: `select session_id, key_hash, expires_at from board_sessions
              where token_hash = $1 and expires_at > clock_timestamp()`,
      values: [tokenHash],
    });
    const [row] = rows;
    return row && { sessionId: row.session_id, keyHash: row.key_hash, expiresAt: row.expires_at };
  },

  async end(tokenHash, { clientId, keyId }) {
    await pool.query(
      `with ended as (delete from board_sessions where token_hash = $1 returning session_id)
       insert into audit_log (action, client_id, key_id, session_id) select 'signed_out', $2, $3, session_id from ended`,
      [tokenHash, clientId, keyId],
    );
  },
});
