import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { OrderCount } from '../../src/contracts/http/order-lists.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { get, withQuery, type Page } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { queryOf, type OrderFilter } from '../lib/router.ts';
import { useData } from '../state/data.ts';

const PAGE_SIZE = 50;
/** How often new orders are looked for. They wait behind a line, so that no row moves. Milliseconds. */
const NEW_MS = 5_000;
/** Milliseconds. */
const COUNT_MS = 30_000;

const listPath = (filter: OrderFilter, cursor?: string) =>
  withQuery('/v1/orders', { ...queryOf(filter), limit: PAGE_SIZE, cursor });

/** An endless list in pages by cursor. */
export function useOrders(filter: OrderFilter) {
  const [orders, setOrders] = useState<readonly OrderView[]>();
  const [cursor, setCursor] = useState<string>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [newIds, setNewIds] = useState(0);
  const isLoading = useRef(false);

  const load = useCallback(
    async (after?: string) => {
      if (isLoading.current) return;
      isLoading.current = true;
      try {
        const page = await get<Page<OrderView>>(listPath(filter, after));
        setOrders((before) => (after === undefined ? page.data : [...(before ?? []), ...page.data]));
        setCursor(page.nextCursor);
        setProblem(undefined);
        if (after === undefined) setNewIds(0);
      } catch (error) {
        setProblem(error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error)));
      } finally {
        isLoading.current = false;
      }
    },
    [filter],
  );
  useEffect(() => {
    void load();
  }, [load]);

  // Rows change in place; new ones are only counted. What could not be read at first is read then.
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'hidden' || isLoading.current) return;
      get<Page<OrderView>>(listPath(filter)).then(
        ({ data, nextCursor }) => {
          setOrders((before) => {
            if (before === undefined) {
              setProblem(undefined);
              setCursor(nextCursor);
              return data;
            }
            const known = new Set(before.map(({ orderId }) => orderId));
            setNewIds(data.filter(({ orderId }) => !known.has(orderId)).length);
            const fresh = new Map(data.map((order) => [order.orderId, order]));
            return before.map((order) => fresh.get(order.orderId) ?? order);
          });
        },
        () => undefined, // the next time
      );
    }, NEW_MS);
    return () => {
      clearInterval(timer);
    };
  }, [filter]);

  return { orders, cursor, problem, newCount: newIds, load };
}

/** How many orders match: exactly up to 10,000, and about beyond. */
export const useCount = (filter: OrderFilter): OrderCount | undefined => {
  const path = withQuery('/v1/orders/count', queryOf(filter));
  return useData(path, (signal) => get<OrderCount>(path, signal), COUNT_MS).data;
};
