import type { OrderView } from '../../contracts/http/order.ts';
import type { StatsView } from '../../contracts/http/stats.ts';
import type { Context } from '../support/context.ts';
import { ApiError, messageOf } from '../../../harness/api/errors.ts';
import { formatMoney } from '../../domain/money.ts';
import { drawOrders, paintStatus } from '../output/orders.ts';
import { isOver, pause } from '../../../harness/pause.ts';
import { statsLine } from '../output/stats.ts';
import { statusLine } from '../output/status-line.ts';
import { paint, writeJsonLine, writeLine } from '../output/terminal.ts';
import { Screen } from './screen.ts';

interface Snapshot {
  readonly orders: readonly OrderView[];
  readonly stats: StatsView;
}

interface View {
  show(snapshot: Snapshot): void;
  lost(error: unknown): void;
  close(): void;
}

const MAX_ORDERS = 50;
const WINDOW = '1m';

/**
 * Shows the newest orders and the figures of the last minute every `intervalMs` milliseconds until the signal.
 * @throws when the first call fails; later it waits until the server answers again
 */
export async function watchAll(context: Context, intervalMs: number, signal: AbortSignal): Promise<void> {
  let view: View | undefined;
  try {
    while (!isOver(signal)) {
      try {
        const snapshot = await takeSnapshot(context, signal);
        view ??= openView(context);
        view.show(snapshot);
      } catch (error) {
        if (isOver(signal)) return;
        if (view === undefined || (error instanceof ApiError && [401, 403].includes(error.status)))
          throw error;
        view.lost(error);
      }
      await pause(intervalMs, signal);
    }
  } finally {
    view?.close();
  }
}

async function takeSnapshot({ api }: Context, signal: AbortSignal): Promise<Snapshot> {
  const [page, stats] = await Promise.all([
    api.listOrders({ limit: MAX_ORDERS }, signal),
    api.stats(WINDOW, signal),
  ]);
  return { orders: page.data, stats };
}

function openView(context: Context): View {
  if (context.json) return jsonView(context);
  return context.terminal.stdout.isTTY === true ? screenView(context) : linesView(context);
}

function jsonView({ terminal: { stdout, stderr } }: Context): View {
  return {
    show: (snapshot) => {
      writeJsonLine(stdout, snapshot);
    },
    lost: (error) => {
      writeLine(stderr, messageOf(error));
    },
    close: () => undefined,
  };
}

function screenView({ terminal: { stdout }, connection }: Context): View {
  const screen = new Screen(stdout);
  let last: Snapshot | undefined;
  const draw = (note: string): void => {
    const head = `${paint(stdout, 'bold', connection.url)}  ${note}`;
    const figures = last === undefined ? '' : statsLine(stdout, last.stats);
    const orders = last === undefined ? '' : drawOrders(stdout, last.orders.slice(0, screen.rows - 5));
    screen.draw([head, figures, '', orders].join('\n'));
  };
  return {
    show(snapshot) {
      last = snapshot;
      draw(paint(stdout, 'dim', `${new Date().toLocaleTimeString('en-GB')} · press Ctrl-C to stop`));
    },
    lost(error) {
      draw(paint(stdout, 'red', `${messageOf(error)} Trying again …`));
    },
    close() {
      screen.close();
    },
  };
}

/** For output that is no terminal: a line for every order that is new or has changed, and the figures every 10 s if they change. */
function linesView({ terminal: { stdout, stderr } }: Context): View {
  const known = new Map<string, string>();
  const figures = statusLine(stdout);
  let isLost = false;
  return {
    show({ orders, stats }) {
      isLost = false;
      for (const order of orders.toReversed()) {
        if (known.get(order.orderId) === order.status) continue;
        known.set(order.orderId, order.status);
        const total = formatMoney(order.total, order.currency);
        writeLine(
          stdout,
          `${order.updatedAt}  ${order.orderId}  ${paintStatus(stdout, order.status, 17)} ${total}`,
        );
      }
      figures.show(statsLine(stdout, stats), 'figures');
    },
    lost(error) {
      if (!isLost) writeLine(stderr, `${messageOf(error)} Trying again.`);
      isLost = true;
    },
    close: () => undefined,
  };
}
