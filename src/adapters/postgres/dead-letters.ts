import type { BrokerName, InboundMessage } from '../../contracts/ports/broker.ts';
import type { DeadLetterState } from '../../contracts/http/dead-letters.ts';
import type { FieldError } from '../../contracts/errors.ts';
import type { Pool } from './pool.ts';

/** A message with why it could not be done. */
export interface NewDeadLetter {
  deadLetterId: string;
  message: InboundMessage;
  messageId?: string;
  type?: string;
  reason: string;
  detail: string;
  errors: FieldError[];
  attempts: number;
  /** Milliseconds until it is tried again; absent: it waits for an operator. */
  retryInMs?: number;
}

export interface DeadLetter {
  deadLetterId: string;
  message: InboundMessage;
  messageId?: string;
  type?: string;
  state: DeadLetterState;
  reason: string;
  detail: string;
  errors: FieldError[];
  attempts: number;
  arrivals: number;
  size: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
  retryAt?: Date;
  settledAt?: Date;
  orderId?: string;
  note?: string;
}

export interface DeadLetterFilter {
  state?: DeadLetterState;
  source?: BrokerName;
  reason?: string;
  type?: string;
  ids?: string[];
}

/** A place in a list of dead letters. */
export interface DeadLetterCursor {
  /** ISO 8601 with microseconds, as {@link DeadLetterStore.list} gives it. */
  firstSeenAt: string;
  deadLetterId: string;
}

/** One in a list, with its place; `message.body` is empty there. */
export type ListedDeadLetter = DeadLetter & { place: string };

export interface Failure {
  reason: string;
  detail: string;
  errors: FieldError[];
}

export interface DeadLetterStore {
  /** Keeps the message. One that is kept already stays as it is, but for one that is tried again and has come to its end. */
  keep(letter: NewDeadLetter): Promise<void>;
  find(deadLetterId: string): Promise<DeadLetter | undefined>;
  list(filter: DeadLetterFilter, page: PageOfDeadLetters): Promise<ListedDeadLetter[]>;
  /** Those that are to be tried again by now; nobody else gets them for so many milliseconds. */
  leaseDueRetries(limit: number, forMs: number): Promise<DeadLetter[]>;
  /** It was tried once more in vain: again after `retryInMs`, or without it for an operator. */
  recordRetryFailure(deadLetterId: string, failure: Failure, retryInMs?: number): Promise<void>;
  /** It was done after all, and was no dead letter in the end. */
  remove(deadLetterId: string): Promise<void>;
  /** False if it does not wait any more. */
  settle(deadLetterId: string, as: Settlement): Promise<boolean>;
  /**
   * Hands those that the broker's dead queue has not got to `publish`, the oldest first, and marks them. Answers how many.
   * If the process dies in between, they are handed over again.
   */
  publishEach(
    source: BrokerName,
    limit: number,
    publish: (letter: DeadLetter) => Promise<void>,
  ): Promise<number>;
}

export interface PageOfDeadLetters {
  order: 'newest' | 'oldest';
  limit: number;
  after?: DeadLetterCursor;
}

export type Settlement = { state: 'replayed'; orderId?: string } | { state: 'discarded'; note?: string };

interface Row {
  dead_letter_id: string;
  source: BrokerName;
  position: string;
  message_id: string | null;
  type: string | null;
  content_type: string | null;
  attributes: Record<string, string>;
  body?: Buffer;
  size: number;
  state: DeadLetterState;
  reason: string;
  detail: string;
  errors: FieldError[];
  attempts: number;
  arrivals: number;
  first_seen_at: Date;
  last_seen_at: Date;
  retry_at: Date | null;
  settled_at: Date | null;
  order_id: string | null;
  note: string | null;
}

const SUMMARY = `dead_letter_id, source, position, message_id, type, content_type, attributes, length(body) as size, state,
  reason, detail, errors, attempts, arrivals, first_seen_at, last_seen_at, retry_at, settled_at, order_id, note`;
const WHOLE = `${SUMMARY}, body`;

export function createDeadLetterStore(pool: Pool): DeadLetterStore {
  return {
    async keep({ deadLetterId, message, messageId, type, reason, detail, errors, attempts, retryInMs }) {
      await pool.query({
        name: 'keep_dead_letter',
        text: `
          insert into dead_letters as d (dead_letter_id, source, position, message_id, type, content_type, attributes, body,
                                         reason, detail, errors, attempts, state, retry_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                  case when $13::bigint is null then 'waiting' else 'retrying' end,
                  clock_timestamp() + $13 * interval '1 millisecond')
          on conflict (dead_letter_id) do update
             set arrivals = d.arrivals + 1, last_seen_at = excluded.last_seen_at,
                 state = case when d.state = 'retrying' then excluded.state else d.state end,
                 retry_at = case when d.state = 'retrying' then excluded.retry_at end,
                 reason = case when d.state = 'retrying' then excluded.reason else d.reason end,
                 detail = case when d.state = 'retrying' then excluded.detail else d.detail end,
                 errors = case when d.state = 'retrying' then excluded.errors else d.errors end`,
        values: [
          deadLetterId,
          message.source,
          message.position,
          messageId ?? null,
          type ?? null,
          message.contentType ?? null,
          message.attributes,
          message.body,
          reason,
          detail,
          JSON.stringify(errors),
          attempts,
          retryInMs ?? null,
        ],
      });
    },

    async find(deadLetterId) {
      const { rows } = await pool.query<Row>(`select ${WHOLE} from dead_letters where dead_letter_id = $1`, [
        deadLetterId,
      ]);
      return rows[0] && toLetter(rows[0]);
    },

    async list({ state, source, reason, type, ids }, { order, limit, after }) {
      const values: unknown[] = [];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['true'];
      if (state !== undefined) conditions.push(`state = ${bind(state)}`);
      if (source !== undefined) conditions.push(`source = ${bind(source)}`);
      if (reason !== undefined) conditions.push(`reason = ${bind(reason)}`);
      if (type !== undefined) conditions.push(`type = ${bind(type)}`);
      if (ids !== undefined) conditions.push(`dead_letter_id = any(${bind(ids)}::text[])`);
      const [direction, beyond] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
      if (after)
        conditions.push(
          `(first_seen_at, dead_letter_id) ${beyond} (${bind(after.firstSeenAt)}::timestamptz, ${bind(after.deadLetterId)})`,
        );
      const { rows } = await pool.query<Row & { place: string }>(
        `select ${SUMMARY}, to_char(first_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
           from dead_letters where ${conditions.join(' and ')}
          order by first_seen_at ${direction}, dead_letter_id ${direction} limit ${bind(limit)}`,
        values,
      );
      return rows.map((row) => ({ ...toLetter(row), place: row.place }));
    },

    async leaseDueRetries(limit, forMs) {
      const { rows } = await pool.query<Row>({
        name: 'due_dead_letters',
        text: `update dead_letters set retry_at = clock_timestamp() + $2 * interval '1 millisecond'
                where dead_letter_id in (select dead_letter_id from dead_letters
                                          where state = 'retrying' and retry_at <= clock_timestamp()
                                          order by retry_at limit $1 for update skip locked)
               returning ${WHOLE}`,
        values: [limit, forMs],
      });
      return rows.map(toLetter);
    },

    async recordRetryFailure(deadLetterId, { reason, detail, errors }, retryInMs) {
      await pool.query(
        `update dead_letters
            set attempts = attempts + 1, reason = $2, detail = $3, errors = $4,
                state = case when $5::bigint is null then 'waiting' else 'retrying' end,
                retry_at = clock_timestamp() + $5 * interval '1 millisecond'
          where dead_letter_id = $1 and state in ('retrying', 'waiting')`,
        [deadLetterId, reason, detail, JSON.stringify(errors), retryInMs ?? null],
      );
    },

    async remove(deadLetterId) {
      await pool.query(`delete from dead_letters where dead_letter_id = $1 and state = 'retrying'`, [
        deadLetterId,
      ]);
    },

    async settle(deadLetterId, as) {
      const { rowCount } = await pool.query(
        `update dead_letters
            set state = $2, settled_at = clock_timestamp(), retry_at = null, order_id = $3, note = $4
          where dead_letter_id = $1 and state in ('retrying', 'waiting')`,
        [
          deadLetterId,
          as.state,
          as.state === 'replayed' ? (as.orderId ?? null) : null,
          as.state === 'discarded' ? (as.note ?? null) : null,
        ],
      );
      return rowCount === 1;
    },

    async publishEach(source, limit, publish) {
      const client = await pool.connect();
      let broken: Error | undefined;
      const published: string[] = [];
      try {
        await client.query('begin');
        const { rows } = await client.query<Row>(
          `select ${WHOLE} from dead_letters where source = $1 and state = 'waiting' and published_at is null
            order by first_seen_at limit $2 for update skip locked`,
          [source, limit],
        );
        try {
          for (const row of rows) {
            await publish(toLetter(row));
            published.push(row.dead_letter_id);
          }
        } finally {
          await client.query(
            'update dead_letters set published_at = clock_timestamp() where dead_letter_id = any($1::text[])',
            [published],
          );
          await client.query('commit');
        }
        return published.length;
      } catch (error) {
        // After a failure of PostgreSQL's the connection is given up, and its transaction ends with it.
        broken = error instanceof Error ? error : new Error(String(error));
        throw error;
      } finally {
        client.release(broken);
      }
    },
  };
}

function toLetter(row: Row): DeadLetter {
  const idAndType = {
    ...(row.message_id !== null && { messageId: row.message_id }),
    ...(row.type !== null && { type: row.type }),
  };
  return {
    deadLetterId: row.dead_letter_id,
    message: {
      source: row.source,
      position: row.position,
      body: row.body ?? Buffer.alloc(0),
      attributes: row.attributes,
      ...(row.content_type !== null && { contentType: row.content_type }),
      ...(row.message_id !== null && { id: row.message_id }),
      ...(row.type !== null && { type: row.type }),
    },
    ...idAndType,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    errors: row.errors,
    attempts: row.attempts,
    arrivals: row.arrivals,
    size: row.size,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    ...(row.retry_at !== null && { retryAt: row.retry_at }),
    ...(row.settled_at !== null && { settledAt: row.settled_at }),
    ...(row.order_id !== null && { orderId: row.order_id }),
    ...(row.note !== null && { note: row.note }),
  };
}
