import type { OrderView } from '../../contracts/http/order.ts';
import type { StatsView } from '../../contracts/http/stats.ts';
import type { Context } from '../context.ts';
import { ApiError, messageOf } from '../../../harness/api/errors.ts';
import { formatMoney } from '../money.ts';
import { drawOrders, paintStatus } from '../order-output.ts';
import { isOver, pause } from '../../../harness/pause.ts';
import { statsLine } from '../stats-output.ts';
import { paint, writeJsonLine, writeLine } from '../terminal.ts';
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

const NEWEST = 50;
const WINDOW = '1m';

/**
 * The newest orders and the figures of the last minute, again every `everyMs` milliseconds until the signal. A first
 * look that fails is an error; after it, a server that is away is waited for.
 */
export async function watchAll(context: Context, everyMs: number, signal: AbortSignal): Promise<void> {
  let view: View | undefined;
  try {
    while (!isOver(signal)) {
      try {
        const snapshot = await look(context, signal);
        view ??= openView(context);
        view.show(snapshot);
      } catch (error) {
        if (isOver(signal)) return;
        if (view === undefined || (error instanceof ApiError && [401, 403].includes(error.status)))
          throw error;
        view.lost(error);
      }
      await pause(everyMs, signal);
    }
  } finally {
    view?.close();
  }
}

async function look({ api }: Context, signal: AbortSignal): Promise<Snapshot> {
  const [page, stats] = await Promise.all([
    api.listOrders({ limit: NEWEST }, signal),
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
      draw(paint(stdout, 'dim', `${new Date().toLocaleTimeString('en-GB')} · Ctrl-C ends`));
    },
    lost(error) {
      draw(paint(stdout, 'red', `${messageOf(error)} Trying again …`));
    },
    close() {
      screen.close();
    },
  };
}

/** Without a screen to draw on: a line for every order that is new or has changed, and the figures when they have. */
function linesView({ terminal: { stdout, stderr } }: Context): View {
  const known = new Map<string, string>();
  let figures = '';
  let away = false;
  return {
    show({ orders, stats }) {
      away = false;
      for (const order of orders.toReversed()) {
        if (known.get(order.orderId) === order.status) continue;
        known.set(order.orderId, order.status);
        const total = formatMoney(order.total, order.currency);
        writeLine(
          stdout,
          `${order.updatedAt}  ${order.orderId}  ${paintStatus(stdout, order.status, 17)} ${total}`,
        );
      }
      const line = statsLine(stdout, stats);
      if (line !== figures) writeLine(stdout, line);
      figures = line;
    },
    lost(error) {
      if (!away) writeLine(stderr, `${messageOf(error)} Trying again.`);
      away = true;
    },
    close: () => undefined,
  };
}
