import type { SharedTrace } from '../../contracts/ports/tracing.ts';
import { batchedRead } from './batched-read.ts';
import { callFunction, type Pool } from './pool.ts';

/** Claims an order for the workflow that will process it. */
export interface ClaimRequest {
  orderId: string;
  requestHash: string;
  workflowId: string;
  /** A workflow that claimed the order and was never started. Its claim is taken over, with the next epoch. */
  from?: string;
  /** The epoch of that claim. */
  fromEpoch?: number;
}

export interface Claim {
  orderId: string;
  requestHash: string;
  workflowId: string;
  /** The epoch of the run that carries the order. */
  epoch: number;
  /** When the order was claimed, in Unix milliseconds by the clock of this process. */
  since: number;
}

/** Decides which workflow processes an order: the first that claims the order's id. */
export interface OrderClaims {
  /** Returns the claim that each order has now, in the order asked: the requested one or an earlier one. Safe to repeat. */
  claim(requests: ClaimRequest[]): Promise<Claim[]>;
  /** Returns the workflow that has claimed the order, or `undefined` if none has. */
  workflowOf(orderId: string): Promise<string | undefined>;
  /** Returns the hash of the body that the order was placed with, or `undefined` if there is no such order. */
  requestHashOf(orderId: string): Promise<string | undefined>;
}

export function createOrderClaims(pool: Pool, trace?: SharedTrace): OrderClaims {
  async function requestHashesOf(orderIds: string[]): Promise<(string | undefined)[]> {
    const { rows } = await pool.query<{ order_id: string; request_hash: string }>({
      name: 'request_hashes_of_orders',
      text: `select order_id, request_hash from order_claims where order_id = any($1::text[])
             union all
             select order_id, request_hash from orders where order_id = any($1::text[])`,
      values: [orderIds],
    });
    const hashes = new Map(rows.map((row) => [row.order_id, row.request_hash]));
    return orderIds.map((orderId) => hashes.get(orderId));
  }

  return {
    requestHashOf: batchedRead(requestHashesOf, trace),

    async claim(requests) {
      const claims = await callFunction<(Omit<Claim, 'since'> & { ageMs: number })[]>(
        pool,
        'claim_orders',
        requests,
      );
      return claims.map(({ ageMs, ...claim }) => ({ ...claim, since: Date.now() - ageMs }));
    },

    async workflowOf(orderId) {
      const { rows } = await pool.query<{ workflow_id: string }>({
        name: 'workflow_of_order',
        text: 'select workflow_id from order_claims where order_id = $1',
        values: [orderId],
      });
      return rows[0]?.workflow_id;
    },
  };
}
