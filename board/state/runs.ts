import { useEffect, useRef } from 'preact/hooks';
import type { Links } from '../../src/contracts/http/links.ts';
import type { OrderRuns } from '../../src/contracts/http/runs.ts';
import { get, pathOf } from '../api/client.ts';
import { isMoving } from '../lib/runs.ts';
import { useData, type Loaded } from './data.ts';

/** While a step is tried, and while runs only wait. Milliseconds. */
const SOON_MS = 2_000;
const LATER_MS = 15_000;

/** The workflow runs of an order. They are read again after each event of the order, and while something of them goes on. */
export function useRuns(orderId: string, events: number): Loaded<OrderRuns> {
  const every = useRef(LATER_MS);
  const runs = useData(
    `runs ${orderId}`,
    async (signal) => {
      const read = await get<OrderRuns>(pathOf('orders', orderId, 'runs'), signal);
      every.current = isMoving(read.runs) ? SOON_MS : LATER_MS;
      return read;
    },
    every.current,
  );
  const { refresh } = runs;
  useEffect(() => {
    if (events > 0) refresh();
  }, [events, refresh]);
  return runs;
}

/** Where the pages of other systems are. They do not change while the board is open. */
export const useLinks = (): Links => useData('links', (signal) => get<Links>('/v1/links', signal)).data ?? {};
