import type {
  BatchAction,
  BatchItemResult,
  BatchOutcome,
  BatchRequester,
  BatchState,
  BatchTurn,
  StopCause,
} from '../../contracts/batches.ts';
import type { BatchItem } from '../../contracts/http/batches.ts';
import { BATCH_ITEM, BATCH_ROW, toBatchItem, type BatchItemRow, type StoredBatch } from './batch-rows.ts';
import type { Pool } from './pool.ts';

export interface NewBatch {
  batchId: string;
  requestedBy: BatchRequester;
  requestHash: string;
  action: BatchAction;
  step?: string;
  code?: string;
  /** How the orders were chosen, without personal data. */
  source: Record<string, unknown>;
}

/** What becomes of a request to start a batch; see SQL function `start_batch`. */
export interface StartResult {
  outcome: 'started' | 'changed' | 'miscounted' | 'empty' | 'ended' | 'unknown';
  wouldGo?: number;
}

/** What an order's turn begins with. `stop`: no other order of the batch is begun. */
export type TurnResult =
  { take: 'go'; turn: BatchTurn } | { take: 'settled'; outcome: BatchOutcome } | { take: 'stop' };

export interface BatchItemFilter {
  batchId: string;
  outcome?: BatchOutcome;
  /** The number of the last item of the page before. */
  after?: number;
  limit: number;
}

/** Batches, their orders and results. */
export interface BatchStore {
  /** Records a batch with the dry run of its orders, each named once. False: there is one with this id already. */
  plan(batch: NewBatch, orderIds: readonly string[]): Promise<boolean>;
  find(batchId: string): Promise<StoredBatch | undefined>;
  /** Of one client, newest first. */
  list(filter: {
    clientId: string;
    states?: readonly BatchState[];
    limit: number;
    /** The last batch of the page before. */
    after?: string;
  }): Promise<StoredBatch[]>;
  /** In the sequence in which they have their turn. */
  items(filter: BatchItemFilter): Promise<BatchItem[]>;
  /** The items that were settled last, newest first. */
  latestItems(batchId: string, limit: number): Promise<BatchItem[]>;
  start(
    batchId: string,
    asked: { wouldGo: number; note: string; startedBy: BatchRequester },
  ): Promise<StartResult>;
  /** Returns the state; `undefined` if the client has no such batch. Safe to run twice. */
  stop(batchId: string, stoppedBy: BatchRequester): Promise<BatchState | undefined>;
  /** The numbers of the next orders: first those that were begun and have no result. */
  next(batchId: string, limit: number): Promise<number[]>;
  begin(batchId: string, number: number): Promise<TurnResult>;
  /** False: there was a result already. */
  settle(batchId: string, number: number, result: BatchItemResult, maxFailures: number): Promise<boolean>;
  finish(batchId: string, cause?: StopCause): Promise<BatchState>;
  /** Batches that run for at least so long, oldest first: they must have a workflow. */
  open(olderThanMs: number): Promise<string[]>;
}

export function createBatchStore(pool: Pool): BatchStore {
  async function call<T>(name: string, text: string, values: unknown[]): Promise<T | undefined> {
    const { rows } = await pool.query<{ result: T }>({ name, text: `select ${text} as result`, values });
    return rows[0]?.result;
  }

  return {
    async plan({ requestedBy: { clientId, keyId, sessionId }, ...batch }, orderIds) {
      const recorded = { ...batch, clientId, keyId, sessionId };
      return (
        (await call<boolean>('plan_batch', 'plan_batch($1::jsonb, $2::text[])', [
          JSON.stringify(recorded),
          orderIds,
        ])) ?? false
      );
    },

    async find(batchId) {
      const { rows } = await pool.query<StoredBatch>({
        name: 'find_batch',
        text: `select ${BATCH_ROW} from batches b where b.batch_id = $1`,
        values: [batchId],
      });
      return rows[0];
    },

    async list({ clientId, states, limit, after }) {
      const values: unknown[] = [clientId];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['b.client_id = $1'];
      if (states) conditions.push(`b.state = any(${bind(states)}::text[])`);
      if (after !== undefined) {
        const last = bind(after);
        conditions.push(
          `(b.created_at, b.batch_id) < ((select created_at from batches where batch_id = ${last}), ${last})`,
        );
      }
      const { rows } = await pool.query<StoredBatch>(
        `select ${BATCH_ROW} from batches b where ${conditions.join(' and ')}
          order by b.created_at desc, b.batch_id desc limit ${bind(limit)}`,
        values,
      );
      return rows;
    },

    async items({ batchId, outcome, after = 0, limit }) {
      const { rows } = await pool.query<BatchItemRow>(
        `select ${BATCH_ITEM} from batch_items i
          where i.batch_id = $1 and i.number > $2 ${outcome === undefined ? '' : 'and i.outcome = $4'}
          order by i.number limit $3`,
        [batchId, after, limit, ...(outcome === undefined ? [] : [outcome])],
      );
      return rows.map(toBatchItem);
    },

    async latestItems(batchId, limit) {
      const { rows } = await pool.query<BatchItemRow>({
        name: 'latest_batch_items',
        text: `select ${BATCH_ITEM} from batch_items i where i.batch_id = $1 and i.settled_at is not null
                order by i.settled_at desc, i.number desc limit $2`,
        values: [batchId, limit],
      });
      return rows.map(toBatchItem);
    },

    async start(batchId, { wouldGo, note, startedBy }) {
      const asked = JSON.stringify({ clientId: startedBy.clientId, wouldGo, note, startedBy });
      return (
        (await call<StartResult>('start_batch', 'start_batch($1, $2::jsonb)', [batchId, asked])) ?? {
          outcome: 'unknown',
        }
      );
    },

    async stop(batchId, stoppedBy) {
      const values = [batchId, stoppedBy.clientId, JSON.stringify(stoppedBy)];
      return (
        (await call<BatchState | null>('stop_batch', 'stop_batch($1, $2, $3::jsonb)', values)) ?? undefined
      );
    },

    async next(batchId, limit) {
      const { rows } = await pool.query<{ number: number }>({
        name: 'next_batch_items',
        text: `(select i.number, 1 as turn from batch_items i where i.batch_id = $1 and i.outcome = 'running' order by i.number limit $2)
               union all
               (select i.number, 2 from batch_items i join batches b using (batch_id)
                 where i.batch_id = $1 and i.outcome = 'pending' and b.state = 'running' order by i.number limit $2)
               order by turn, number limit $2`,
        values: [batchId, limit],
      });
      return rows.map(({ number }) => number);
    },

    async begin(batchId, number) {
      return (
        (await call<TurnResult>('begin_batch_item', 'begin_batch_item($1, $2)', [batchId, number])) ?? {
          take: 'stop',
        }
      );
    },

    async settle(batchId, number, { outcome, reason, detail }, maxFailures) {
      const values = [batchId, number, outcome, reason ?? null, detail ?? null, maxFailures];
      return (
        (await call<boolean>('settle_batch_item', 'settle_batch_item($1, $2, $3, $4, $5, $6)', values)) ??
        false
      );
    },

    async finish(batchId, cause) {
      return (
        (await call<BatchState>('finish_batch', 'finish_batch($1, $2)', [batchId, cause ?? null])) ?? 'done'
      );
    },

    async open(olderThanMs) {
      const { rows } = await pool.query<{ batch_id: string }>({
        name: 'open_batches',
        text: `select batch_id from batches where state in ('running', 'stopping')
                  and started_at < clock_timestamp() - $1 * interval '1 millisecond' order by started_at limit 100`,
        values: [olderThanMs],
      });
      return rows.map(({ batch_id }) => batch_id);
    },
  };
}
