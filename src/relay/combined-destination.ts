import type { DestinationPlan } from '../contracts/ports/event-destination.ts';

/**
 * Several destinations with one position in the outbox and one connection. Each receives all events; when one of them fails, all of them
 * receive the events again.
 */
export const combinedDestination = (
  plan: Pick<DestinationPlan, 'name' | 'start' | 'intervalMs'>,
  parts: readonly Pick<DestinationPlan, 'open'>[],
): DestinationPlan => ({
  ...plan,
  async open() {
    const destinations = await Promise.all(parts.map(({ open }) => open()));
    return {
      async deliver(events) {
        for (const destination of destinations) await destination.deliver(events);
      },
      async close() {
        await Promise.all(destinations.map((destination) => destination.close()));
      },
    };
  },
});
