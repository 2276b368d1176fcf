import type { OrderStatus } from '../../src/contracts/order-status.ts';
import { waitForStatus } from '../../harness/api/wait-for-status.ts';
import { waitAtMost, waitThroughFaults } from '../../harness/wait-for.ts';
import type { Shop } from '../system/shop.ts';

const END_TIMEOUT_MS = 120_000;
/** A label whose purchase was not answered is tracked a minute later. */
const SHIPPED_TIMEOUT_MS = 180_000;
const END_POLL_INTERVAL_MS = 500;

export interface End {
  /** How the ids of its workflows begin. Default: `order`. */
  readonly idPrefix?: string;
  /** The workflow that ships an order starts a moment after the one that charges it has ended: the order has this status at its end. */
  readonly status?: OrderStatus;
}

/** Waits for the end of all workflows of the order (or of the audit), mails included. @returns when the last one ended, in Unix milliseconds */
export async function waitUntilEnded(
  { api, temporal }: Shop,
  orderId: string,
  { idPrefix = 'order', status }: End = {},
): Promise<number> {
  const first = temporal.workflow.getHandle(`${idPrefix}/${orderId}`);
  await waitAtMost(END_TIMEOUT_MS, `${orderId} ends`, first.result());
  if (status !== undefined)
    await waitForStatus(api, orderId, [status], {
      timeoutMs: SHIPPED_TIMEOUT_MS,
      pollIntervalMs: END_POLL_INTERVAL_MS,
    });
  let last = 0;
  await waitThroughFaults(
    `everything of ${orderId} ends`,
    async () => {
      const query = `WorkflowId STARTS_WITH '${idPrefix}/${orderId}'`;
      for await (const { workflowId, closeTime } of temporal.workflow.list({ query })) {
        if (!closeTime) throw new Error(`${workflowId} runs`);
        last = Math.max(last, closeTime.getTime());
      }
      return last > 0;
    },
    END_TIMEOUT_MS,
    END_POLL_INTERVAL_MS,
  );
  return last;
}
