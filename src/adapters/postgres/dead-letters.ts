import type { BrokerName } from '../../contracts/broker-names.ts';
import type { SharedTrace } from '../../contracts/ports/tracing.ts';
import {
  COLUMNS,
  PUBLISHED_COLUMNS,
  SUMMARY_COLUMNS,
  toDeadLetter,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterRow,
  type Failure,
  type ListedDeadLetter,
  type NewDeadLetter,
  type PageOfDeadLetters,
  type Settlement,
  type UnpublishedDeadLetter,
} from './dead-letter.ts';
import { batchedRead } from './batched-read.ts';
import type { Pool } from './pool.ts';

export type {
  DeadLetter,
  DeadLetterCursor,
  DeadLetterFilter,
  Failure,
  ListedDeadLetter,
  NewDeadLetter,
  PageOfDeadLetters,
  Settlement,
  UnpublishedDeadLetter,
} from './dead-letter.ts';

export interface DeadLetterStore {
  /**
   * Stores the message. If it is stored already, only its arrivals change; but a dead letter in state `retrying` also takes over the new
   * failure, and waits for an operator if it is not to be retried any more.
   */
  keep(letter: NewDeadLetter): Promise<void>;
  find(deadLetterId: string): Promise<DeadLetter | undefined>;
  list(filter: DeadLetterFilter, page: PageOfDeadLetters): Promise<ListedDeadLetter[]>;
  /** Returns the dead letters whose retry is due. No other process gets them for this many milliseconds. */
  leaseDueRetries(limit: number, forMs: number): Promise<DeadLetter[]>;
  /** Records a failed retry. The next one is due after `retryInMs`; without it the dead letter waits for an operator. */
  recordRetryFailure(deadLetterId: string, failure: Failure, retryInMs?: number): Promise<void>;
  /** Returns the dead letters in state `retrying` that cancel one of these orders as a whole, the first to arrive first. */
  cancellationsOf(orderIds: string[]): Promise<DeadLetter[]>;
  /** Deletes a dead letter in state `retrying` whose command was executed by a retry. */
  remove(deadLetterId: string): Promise<void>;
  /** Returns false if the dead letter is settled already. */
  settle(deadLetterId: string, as: Settlement): Promise<boolean>;
  /**
   * Returns waiting dead letters of this broker that are not in its dead letter queue yet, oldest first. No other process gets them
   * for this many milliseconds, unless they are returned by {@link returnUnpublished}.
   */
  leaseUnpublished(source: BrokerName, limit: number, forMs: number): Promise<UnpublishedDeadLetter[]>;
  /** Records that the broker has confirmed these dead letters. */
  markPublished(deadLetterIds: readonly string[]): Promise<void>;
  /** Ends the lease of dead letters that could not be published. */
  returnUnpublished(deadLetterIds: readonly string[]): Promise<void>;
}

export function createDeadLetterStore(pool: Pool, trace?: SharedTrace): DeadLetterStore {
  async function cancellationsOf(wanted: string[][]): Promise<DeadLetter[][]> {
    const { rows } = await pool.query<DeadLetterRow>({
      name: 'cancellations_before_orders',
      text: `select ${COLUMNS} from dead_letters
              where state = 'retrying' and order_id is not null and order_id = any($1::text[]) order by first_seen_at`,
      values: [wanted.flat()],
    });
    const letters = rows.map(toDeadLetter);
    return wanted.map((orderIds) =>
      letters.filter(({ orderId }) => orderId !== undefined && orderIds.includes(orderId)),
    );
  }

  return {
    cancellationsOf: batchedRead(cancellationsOf, trace),

    async keep({ deadLetterId, message, messageId, type, reason, detail, errors, attempts, ...rest }) {
      await pool.query({
        name: 'keep_dead_letter',
        text: `
          insert into dead_letters as d (dead_letter_id, source, position, message_id, type, content_type, attributes, body,
                                         reason, detail, errors, attempts, state, retry_at, order_id)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                  case when $13::bigint is null then 'waiting' else 'retrying' end,
                  clock_timestamp() + $13 * interval '1 millisecond', $14)
          on conflict (dead_letter_id) do update
             set arrivals = d.arrivals + 1, last_seen_at = excluded.last_seen_at,
                 state = case when d.state = 'retrying' then excluded.state else d.state end,
                 retry_at = case when d.state = 'retrying' then excluded.retry_at end,
                 reason = case when d.state = 'retrying' then excluded.reason else d.reason end,
                 detail = case when d.state = 'retrying' then excluded.detail else d.detail end,
                 errors = case when d.state = 'retrying' then excluded.errors else d.errors end,
                 order_id = case when d.state = 'retrying' then coalesce(excluded.order_id, d.order_id) else d.order_id end`,
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
          rest.retryInMs ?? null,
          rest.orderId ?? null,
        ],
      });
    },

    async find(deadLetterId) {
      const { rows } = await pool.query<DeadLetterRow>(
        `select ${COLUMNS} from dead_letters where dead_letter_id = $1`,
        [deadLetterId],
      );
      return rows[0] && toDeadLetter(rows[0]);
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
      const { rows } = await pool.query<DeadLetterRow & { place: string }>(
        `select ${SUMMARY_COLUMNS}, to_char(first_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
           from dead_letters where ${conditions.join(' and ')}
          order by first_seen_at ${direction}, dead_letter_id ${direction} limit ${bind(limit)}`,
        values,
      );
      return rows.map((row) => ({ ...toDeadLetter(row), place: row.place }));
    },

    async leaseDueRetries(limit, forMs) {
      const { rows } = await pool.query<DeadLetterRow>({
        name: 'due_dead_letters',
        text: `update dead_letters set retry_at = clock_timestamp() + $2 * interval '1 millisecond'
                where dead_letter_id in (select dead_letter_id from dead_letters
                                          where state = 'retrying' and retry_at <= clock_timestamp()
                                          order by retry_at limit $1 for update skip locked)
               returning ${COLUMNS}`,
        values: [limit, forMs],
      });
      return rows.map(toDeadLetter);
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
            set state = $2, settled_at = clock_timestamp(), retry_at = null, order_id = $3, note = $4, actor = $5
          where dead_letter_id = $1 and state in ('retrying', 'waiting')`,
        [
          deadLetterId,
          as.state,
          as.state === 'replayed' ? (as.orderId ?? null) : null,
          as.state === 'discarded' ? (as.note ?? null) : null,
          as.actor ?? null,
        ],
      );
      return rowCount === 1;
    },

    async leaseUnpublished(source, limit, forMs) {
      const { rows } = await pool.query<DeadLetterRow & { body_sha256: string | null }>({
        name: 'lease_unpublished_dead_letters',
        text: `with leased as (
                 update dead_letters set publish_lease_until = clock_timestamp() + $3 * interval '1 millisecond'
                  where dead_letter_id in (
                    select dead_letter_id from dead_letters
                     where source = $1 and state = 'waiting' and published_at is null
                       and (publish_lease_until is null or publish_lease_until <= clock_timestamp())
                     order by first_seen_at limit $2 for update skip locked)
                 returning ${PUBLISHED_COLUMNS})
               select * from leased order by first_seen_at`,
        values: [source, limit, forMs],
      });
      return rows.map((row) => ({
        ...toDeadLetter(row),
        ...(row.body_sha256 !== null && { omittedBodySha256: row.body_sha256 }),
      }));
    },

    async markPublished(deadLetterIds) {
      if (deadLetterIds.length === 0) return;
      await pool.query(
        `update dead_letters set published_at = clock_timestamp(), publish_lease_until = null
          where dead_letter_id = any($1::text[])`,
        [deadLetterIds],
      );
    },

    async returnUnpublished(deadLetterIds) {
      if (deadLetterIds.length === 0) return;
      await pool.query(
        `update dead_letters set publish_lease_until = null
          where dead_letter_id = any($1::text[]) and published_at is null`,
        [deadLetterIds],
      );
    },
  };
}
