import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { log, ParentClosePolicy, patched, sleep, startChild } from '@temporalio/workflow';
import { checkoutStartOptions } from '../contracts/temporal/checkout-start-options.ts';
import { CHECKOUT_WORKFLOW } from '../contracts/temporal/names.ts';
import type { CheckoutInput } from '../contracts/temporal/workflows.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';

/** A run that another has replaced ends as soon as PostgreSQL refuses its next step. */
const REFUSED_BACKOFF: Backoff = { firstMs: 500, maxMs: 4_000 };
const MAX_STARTS = 5;

/** Since 0.3: a start that is refused is repeated. */
const REPEAT_REFUSED_START = 'repeat-refused-start';

/**
 * Starts the workflow of an order that its group hands over. Safe to run twice: an order has one such workflow at a time, and one that
 * comes later finds what PostgreSQL has.
 *
 * A workflow of this id may be open that does not carry the order: the order was accepted twice, and the first start has arrived late. It
 * ends by itself, so the start is repeated. If it is still open then, it may carry the order, after this group was reset. If it does not,
 * the sweep of orders without a run finds the order (src/orders/recovery/sweep.ts).
 */
export async function startDetachedCheckout(input: CheckoutInput): Promise<void> {
  for (let round = 0; ; round += 1) {
    try {
      await startChild(CHECKOUT_WORKFLOW, {
        ...checkoutStartOptions(input.order, input.epoch),
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        // PostgreSQL refuses a run that does not carry the order. A closed one must not use up the id.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      if (!patched(REPEAT_REFUSED_START)) return;
      const { orderId } = input.order;
      log.warn('group could not start the checkout of an order: one is open', { orderId, round });
      if (round + 1 === MAX_STARTS) return;
      await sleep(pauseBefore(round, REFUSED_BACKOFF), {
        summary: 'Pause before the checkout is started again',
      });
    }
  }
}
