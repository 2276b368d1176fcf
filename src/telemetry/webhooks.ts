import type { WebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import type { Families } from './families.ts';

/** `retried`: the attempt has failed, and another one follows. `failed`: no other one follows. */
export const DELIVERY_RESULTS = ['delivered', 'retried', 'failed'] as const;

/** Counts the attempts to deliver an event when they are recorded. */
export function observeDeliveries(
  { webhookDeliveries, webhookDuration }: Pick<Families, 'webhookDeliveries' | 'webhookDuration'>,
  deliveries: WebhookDeliveries,
): WebhookDeliveries {
  for (const result of DELIVERY_RESULTS) webhookDeliveries.inc({ result }, 0);
  return {
    ...deliveries,
    async record(delivery, attempt, outcome, disableAfterMs) {
      const state = await deliveries.record(delivery, attempt, outcome, disableAfterMs);
      webhookDeliveries.inc({ result: outcome.state === 'pending' ? 'retried' : outcome.state });
      if (attempt) webhookDuration.observe(attempt.durationMs / 1_000);
      return state;
    },
  };
}
