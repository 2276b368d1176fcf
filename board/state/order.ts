import { useEffect, useRef, useState } from 'preact/hooks';
import type { OrderEvent, OrderView } from '../../src/contracts/http/order.ts';
import { get, pathOf } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { openStream } from '../api/stream.ts';
import { pauseAfter } from '../lib/live-feed.ts';
import { useIsSignedOut } from './data.ts';

/** Several events may come at once: the order is read once after them. Milliseconds. */
const SETTLE_MS = 150;
/** An order that has ended is read so often, since money may still arrive. Milliseconds. */
const ENDED_MS = 15_000;

/** An order with its events, which stays up to date. For one order: a component with a key of its own. */
export function useOrder(orderId: string) {
  const [order, setOrder] = useState<OrderView>();
  const [events, setEvents] = useState<readonly OrderEvent[]>([]);
  const [problem, setProblem] = useState<ApiProblem>();
  const read = useRef<() => void>(() => undefined);

  const isSignedOut = useIsSignedOut();

  useEffect(() => {
    if (isSignedOut) return;
    const abort = new AbortController();
    const timers = new Set<ReturnType<typeof setTimeout>>();
    let closeStream: (() => void) | undefined;
    let last = 0;
    let failures = 0;
    let pending = false;
    let failedReads = 0;
    let nextRead: ReturnType<typeof setTimeout> | undefined;
    const later = (run: () => void, pause: number) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, pause);
      timers.add(timer);
    };

    const readOrder = () => {
      clearTimeout(nextRead);
      get<OrderView>(pathOf('orders', orderId), abort.signal).then(
        (found) => {
          failedReads = 0;
          setOrder(found);
          setProblem(undefined);
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const failed = error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error));
          setProblem(failed);
          failedReads += 1;
          clearTimeout(nextRead);
          if (failed.status === 0 || failed.status >= 500 || failed.status === 429)
            nextRead = setTimeout(readOrder, pauseAfter(failedReads));
        },
      );
    };
    const readSoon = () => {
      if (pending) return;
      pending = true;
      later(() => {
        pending = false;
        readOrder();
      }, SETTLE_MS);
    };
    const follow = () => {
      closeStream = openStream(
        pathOf('orders', orderId, 'events'),
        {
          onOpen: () => {
            failures = 0;
          },
          onEvent: ({ data }) => {
            const event = JSON.parse(data) as OrderEvent;
            last = Math.max(last, event.sequence);
            setEvents((before) =>
              before.some(({ sequence }) => sequence === event.sequence) ? before : [...before, event],
            );
            readSoon();
          },
          onEnd: (status) => {
            if (status === 401 || status === 403 || status === 404) return;
            failures += 1;
            later(
              () => {
                readOrder();
                follow();
              },
              status === 204 ? ENDED_MS : pauseAfter(failures),
            );
          },
        },
        last === 0 ? undefined : String(last),
      );
    };
    read.current = readOrder;
    readOrder();
    follow();
    return () => {
      abort.abort();
      closeStream?.();
      clearTimeout(nextRead);
      for (const timer of timers) clearTimeout(timer);
    };
  }, [orderId, isSignedOut]);

  return {
    order,
    events,
    problem,
    refresh: () => {
      read.current();
    },
  };
}
