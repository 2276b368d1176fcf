import type { ComponentChildren } from 'preact';
import type { OrderView } from '../../src/contracts/http/order.ts';
import type { Route } from '../lib/router.ts';
import { texts } from '../state/texts.ts';
import { Id } from '../ui/basics.tsx';
import { ActionDialog, type ActionOf } from '../ui/dialog.tsx';
import { StatusPill } from '../ui/order-pills.tsx';

/** One row of a queue, whatever it holds. */
export interface Row {
  id: string;
  to: Route;
  title: ComponentChildren;
  state: ComponentChildren;
  amount?: string;
  since?: string;
  /** The last column: a deadline, or when it is tried again. */
  due?: ComponentChildren;
  order?: OrderView;
  inspect: () => ComponentChildren;
  ways?: readonly WayOf[];
}
export interface WayOf {
  key: string;
  scope: string;
  verb: string;
  text: string;
  /** The dialog of the way. `onDone`: the row is settled; with the result in a sentence where it is known. */
  dialog: (props: { onDone: (result?: string) => void; onClose: () => void }) => ComponentChildren;
}

/** A way whose dialog says what an action does. */
export const askFor =
  <T,>(action: (done: () => void) => ActionOf<T>): WayOf['dialog'] =>
  ({ onDone, onClose }) => {
    const asked = action(() => undefined);
    return (
      <ActionDialog
        action={{
          ...asked,
          onDone: (value) => {
            asked.onDone?.(value);
            onDone(asked.result(value));
          },
        }}
        onClose={onClose}
      />
    );
  };

/** What was read of a queue. */
export interface Groups {
  groups: readonly Group[];
  /** There is more behind. */
  hasMore: boolean;
}

/** The same, with the number of pages that it was read from. */
export type ReadGroups = Groups & { pages: number };

export interface Group {
  title?: ComponentChildren;
  rows: readonly Row[];
}

export const orderBase = (order: OrderView) => ({
  id: order.orderId,
  to: { page: 'order', orderId: order.orderId } as const,
  title: <Id id={order.orderId} />,
  state: <StatusPill status={order.status} />,
  order,
});

export const money = (amount: number, currency: string): string => texts().f.money(amount, currency);
