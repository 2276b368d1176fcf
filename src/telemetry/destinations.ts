import type { DestinationPlan, OutboxEvent } from '../contracts/ports/event-destination.ts';
import type { Families } from './families.ts';

/** Counts the events that a destination has received. `onDelivered` gets them too, and must not throw. */
export function observeDestination(
  { relayEvents, relayDelay }: Pick<Families, 'relayEvents' | 'relayDelay'>,
  plan: DestinationPlan,
  onDelivered: (events: readonly OutboxEvent[]) => void = () => undefined,
): DestinationPlan {
  const { name: destination } = plan;
  const delivered = relayEvents.labels({ destination, result: 'delivered' });
  const failed = relayEvents.labels({ destination, result: 'failed' });
  const delay = relayDelay.labels({ destination });
  delivered.inc(0);
  failed.inc(0);
  return {
    ...plan,
    async open() {
      const opened = await plan.open();
      return {
        close: () => opened.close(),
        async deliver(events) {
          try {
            await opened.deliver(events);
          } catch (error) {
            failed.inc(events.length);
            throw error;
          }
          const now = Date.now();
          delivered.inc(events.length);
          for (const { occurredAt } of events) delay.observe(Math.max(0, now - occurredAt.getTime()) / 1_000);
          onDelivered(events);
        },
      };
    },
  };
}
