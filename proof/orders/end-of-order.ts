import { waitAtMost, waitThroughFaults } from '../../harness/wait-for.ts';
import type { Shop } from '../system/shop.ts';

const END_TIMEOUT_MS = 120_000;
const END_POLL_INTERVAL_MS = 500;

/** Waits for the end of all workflows of the order (or of the audit), mails included. @returns when the last one ended, in Unix milliseconds */
export async function waitUntilEnded(
  { temporal }: Shop,
  orderId: string,
  idPrefix = 'order',
): Promise<number> {
  const first = temporal.workflow.getHandle(`${idPrefix}/${orderId}`);
  await waitAtMost(END_TIMEOUT_MS, `${orderId} ends`, first.result());
  let last = 0;
  await waitThroughFaults(
    `everything of ${orderId} ends`,
    async () => {
      const query = `WorkflowId STARTS_WITH '${idPrefix}/${orderId}'`;
      for await (const { closeTime } of temporal.workflow.list({ query })) {
        if (!closeTime) return false;
        last = Math.max(last, closeTime.getTime());
      }
      return last > 0;
    },
    END_TIMEOUT_MS,
    END_POLL_INTERVAL_MS,
  );
  return last;
}
