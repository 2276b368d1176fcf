import { eventTypeOf } from '../contracts/messages.ts';
import type { DestinationPlan, OutboxEvent } from '../contracts/ports/event-destination.ts';
import type { ReturnClient } from './return-client.ts';

/** Requests to Temporal at a time. */
const MAX_CONCURRENT_SIGNALS = 20;

/** Changes that the workflow of a return has to act on. It closes returns itself, and has nothing to do after a request. */
const CHANGES: ReadonlySet<string> = new Set(
  ['return_opened', 'return_declined', 'return_cancelled', 'return_received', 'return_closed'].map(
    (name) => eventTypeOf(`order.${name}`) ?? name,
  ),
);

/**
 * The destination that wakes the workflows of returns. Whoever changes a return signals its workflow, too; this repairs a signal that
 * was lost. It reads the events from the beginning, or a return that was opened before its first start would have no workflow.
 */
export const returnDestination = ({ returns }: { returns: ReturnClient }): DestinationPlan => ({
  name: 'returns',
  start: 'beginning',
  open: () =>
    Promise.resolve({
      async deliver(events) {
        const changed = returnsOf(events);
        for (let from = 0; from < changed.length; from += MAX_CONCURRENT_SIGNALS)
          await Promise.all(
            changed.slice(from, from + MAX_CONCURRENT_SIGNALS).map((each) => returns.changed(each)),
          );
      },
      close: () => Promise.resolve(),
    }),
});

type ChangedReturn = Parameters<ReturnClient['changed']>[0];

/** The returns that the events are about, each once. */
function returnsOf(events: readonly OutboxEvent[]): ChangedReturn[] {
  const changed = new Map<string, ChangedReturn>();
  for (const { type, orderId, sequence, data } of events) {
    if (!CHANGES.has(type)) continue;
    const { return: about } = data;
    if (!isReturn(about)) continue;
    changed.set(about.returnId, { returnId: about.returnId, orderId, number: about.number, sequence });
  }
  return [...changed.values()];
}

const isReturn = (value: unknown): value is { returnId: string; number: number } =>
  typeof value === 'object' &&
  value !== null &&
  'returnId' in value &&
  typeof value.returnId === 'string' &&
  'number' in value &&
  typeof value.number === 'number';
