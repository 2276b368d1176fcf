import { useEffect, useRef, useState } from 'preact/hooks';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { openStream } from '../api/stream.ts';
import { pauseAfter } from '../lib/live-feed.ts';
import { useIsSignedOut } from './data.ts';

/** An order without personal data, as the stream of recent orders has it. */
export type RecentOrder = Pick<OrderView, 'orderId' | 'status' | 'total' | 'currency' | 'updatedAt'>;

const KEPT = 50;

/** The newest orders, live. While `isHeld`, the list stays as it is. */
export function useRecentOrders(isHeld: boolean): readonly RecentOrder[] | undefined {
  const [orders, setOrders] = useState<readonly RecentOrder[]>();
  const latest = useRef<readonly RecentOrder[] | undefined>(undefined);
  const held = useRef(isHeld);
  held.current = isHeld;

  useEffect(() => {
    if (!isHeld && latest.current) setOrders(latest.current);
  }, [isHeld]);

  const isSignedOut = useIsSignedOut();

  useEffect(() => {
    if (isSignedOut) return;
    let close: (() => void) | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const connect = () => {
      close = openStream('/v1/orders/recent/stream', {
        onOpen: () => {
          failures = 0;
        },
        onEvent: ({ data }) => {
          const { data: changed } = JSON.parse(data) as { data: RecentOrder[] };
          latest.current = merged(latest.current ?? [], changed);
          if (!held.current) setOrders(latest.current);
        },
        onEnd: (status) => {
          if (status === 401 || status === 403) return;
          failures += 1;
          timer = setTimeout(connect, pauseAfter(failures));
        },
      });
    };
    connect();
    return () => {
      close?.();
      if (timer !== undefined) clearTimeout(timer);
    };
  }, [isSignedOut]);
  return orders;
}

/** Orders that have changed stay where they are; new ones come first. */
function merged(before: readonly RecentOrder[], changed: readonly RecentOrder[]): RecentOrder[] {
  const fresh = new Map(changed.map((order) => [order.orderId, order]));
  const kept = before.map((order) => fresh.get(order.orderId) ?? order);
  const known = new Set(before.map(({ orderId }) => orderId));
  return [...changed.filter(({ orderId }) => !known.has(orderId)), ...kept].slice(0, KEPT);
}
