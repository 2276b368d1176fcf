import { createHash } from 'node:crypto';
import type { Pool } from './pool.ts';

export interface SignInLimit {
  /** So many attempts of one source may fail within the window. */
  max: number;
  windowMs: number;
}

/** After so many wrong keys from an address within a minute, the next attempt has to wait. */
export const SIGN_IN_LIMIT: SignInLimit = { max: 5, windowMs: 60_000 };

/** Counts attempts to sign in that have failed, by where they came from. All processes count together. */
export interface SignInAttempts {
  /** Milliseconds until the next attempt is allowed; 0: it is allowed now, and counts as failed until {@link SignInAttempts.forgive}. */
  begin(from: string): Promise<number>;
  /** Takes back the attempt that was begun last: it did not fail. */
  forgive(from: string): Promise<void>;
}

/** Expired rows that one attempt deletes at most. */
const MAX_DELETED = 100;

/** The row of the source is locked until the statement ends, so that attempts at the same time are counted one after another. */
const BEGIN = `
  with expired as (
    delete from sign_in_attempts where source in (
      select source from sign_in_attempts where expires_at < clock_timestamp() and source <> $1
       order by expires_at limit ${MAX_DELETED} for update skip locked)
  )
  insert into sign_in_attempts as a (source, attempts, is_allowed, expires_at)
  values ($1, array[clock_timestamp()], true, clock_timestamp() + $3 * interval '1 millisecond')
  on conflict (source) do update
     set (attempts, is_allowed, expires_at) = (
       select case when count(at) < $2 then array_agg(at order by at) filter (where at is not null) || clock_timestamp()
                   else array_agg(at order by at) filter (where at is not null) end,
              count(at) < $2,
              clock_timestamp() + $3 * interval '1 millisecond'
         from unnest(a.attempts) at where at > clock_timestamp() - $3 * interval '1 millisecond')
  returning is_allowed,
            greatest(1, ceil(extract(epoch from attempts[1] - clock_timestamp()) * 1000 + $3))::integer as wait_ms`;

export const createSignInAttempts = (pool: Pool, { max, windowMs }: SignInLimit): SignInAttempts => ({
  async begin(from) {
    const { rows } = await pool.query<{ is_allowed: boolean; wait_ms: number }>({
      name: 'begin_sign_in',
      text: BEGIN,
      values: [hashOf(from), max, windowMs],
    });
    const [row] = rows;
    if (!row) throw new Error('The attempt to sign in was not counted');
    return row.is_allowed ? 0 : row.wait_ms;
  },

  async forgive(from) {
    await pool.query(
      `update sign_in_attempts set attempts = attempts[1 : cardinality(attempts) - 1] where source = $1`,
      [hashOf(from)],
    );
  },
});

/** Addresses are personal data in some countries. */
const hashOf = (from: string): string => createHash('sha256').update(from).digest('hex');
