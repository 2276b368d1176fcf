import { callFunction, type Pool } from './pool.ts';

/** That an order is accepted, and by which workflow it will be carried. */
export interface ClaimRequest {
  orderId: string;
  requestHash: string;
  workflowId: string;
  /** A workflow that claimed the order and was never started: its claim is taken over. */
  from?: string;
}

export interface Claim {
  orderId: string;
  requestHash: string;
  workflowId: string;
  /** By the clock of this process, in Unix milliseconds. */
  since: number;
}

/** Who accepts an order: the first to claim its id. One statement for any number of orders; safe to repeat. */
export interface OrderClaims {
  /** Answers who has each order now, in the order asked: whoever asked, or who was first. */
  claim(requests: ClaimRequest[]): Promise<Claim[]>;
  /** The workflow that carries the order, or began to. `undefined`: none is known, or the order is older than claims. */
  workflowOf(orderId: string): Promise<string | undefined>;
}

export function createOrderClaims(pool: Pool): OrderClaims {
  return {
    async claim(requests) {
      const holders = await callFunction<(Omit<Claim, 'since'> & { ageMs: number })[]>(
        pool,
        'claim_orders',
        requests,
      );
      return holders.map(({ ageMs, ...holder }) => ({ ...holder, since: Date.now() - ageMs }));
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
