import type { ShipmentStore } from '../adapters/postgres/shipment-store.ts';
import { eventTypeOf } from '../contracts/messages.ts';
import type { DestinationPlan, OutboxEvent } from '../contracts/ports/event-destination.ts';
import type { InTraceOf } from '../contracts/ports/tracing.ts';
import type { FulfilmentClient } from './fulfilment-client.ts';

export interface FulfilmentDestinationParts {
  shipments: Pick<ShipmentStore, 'withCommittedStock' | 'withShipments'>;
  fulfilments: FulfilmentClient;
  /** Absent: there are no traces. */
  inTraceOf?: InTraceOf | undefined;
}

/** Requests to Temporal at a time. */
const MAX_CONCURRENT_SIGNALS = 20;

const typesOf = (...names: string[]): ReadonlySet<string> =>
  new Set(names.map((name) => eventTypeOf(`order.${name}`) ?? name));

const PAID = typesOf('paid');
/** Changes that a workflow has to act on. Whoever makes one signals the workflow, too; this repairs a signal that was lost. */
const CHANGES = typesOf(
  'shipment_held',
  'shipment_released',
  'shipment_cancelled',
  'shipment_lost',
  'shipped',
  'delivered',
  'address_changed',
  'line_cancelled',
  'return_declined',
  'return_cancelled',
  'return_closed',
  'refunded',
  'cancelled',
);

/**
 * The destination that ships orders: a paid order whose goods are committed gets a fulfilment workflow, and a later change of it
 * wakes the workflow. It reads the events from the beginning, or an order that was paid before its first start would never be shipped.
 */
export const fulfilmentDestination = ({
  shipments,
  fulfilments,
  inTraceOf = (_, work) => work(),
}: FulfilmentDestinationParts): DestinationPlan => ({
  name: 'fulfilment',
  start: 'beginning',
  open: () =>
    Promise.resolve({
      async deliver(events) {
        const paid = ordersOf(events, PAID);
        const toShip = paid.length === 0 ? [] : await shipments.withCommittedStock(paid);
        const changed = ordersOf(events, CHANGES);
        const shipped = changed.length === 0 ? [] : await shipments.withShipments(changed);
        const newest = new Map(events.map(({ orderId, sequence }) => [orderId, sequence]));
        // The workflow of an order that was just paid is started, so it has nothing to recognise.
        const isNew = new Set(toShip);
        const traces = new Map(events.map(({ orderId, traceparent }) => [orderId, traceparent]));
        await forEach([...new Set([...toShip, ...shipped])], (orderId) =>
          inTraceOf(traces.get(orderId), () =>
            fulfilments.changed(orderId, isNew.has(orderId) ? undefined : newest.get(orderId)),
          ),
        );
      },
      close: () => Promise.resolve(),
    }),
});

const ordersOf = (events: readonly OutboxEvent[], types: ReadonlySet<string>): string[] => [
  ...new Set(events.filter(({ type }) => types.has(type)).map(({ orderId }) => orderId)),
];

async function forEach(orderIds: readonly string[], run: (orderId: string) => Promise<void>): Promise<void> {
  for (let from = 0; from < orderIds.length; from += MAX_CONCURRENT_SIGNALS)
    await Promise.all(orderIds.slice(from, from + MAX_CONCURRENT_SIGNALS).map(run));
}
