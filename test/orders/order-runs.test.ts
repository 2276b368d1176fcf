import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { GROUP_WORKFLOW } from '../../src/contracts/temporal/names.ts';
import { readRun } from '../../src/orders/runs/nodes.ts';
import { createOrderRuns } from '../../src/orders/runs/order-runs.ts';
import { historyFromJson } from '../../src/workers/history-json.ts';
import { fakeTemporal } from '../support/orders/fake-temporal.ts';

const HISTORY = new URL('../replay/histories/group_detaches_order_to_review.json', import.meta.url);
const PAGE = 7;
const COMPLETED = 2;

describe('the run of orders that share a workflow', () => {
  const events = historyFromJson(JSON.parse(readFileSync(HISTORY, 'utf8'))).events ?? [];
  const [input] = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  /** The orders that the recorded group was started with. */
  const ids = [
    ...new Set(
      Buffer.from(input?.data ?? [])
        .toString()
        .match(/ord_[0-9a-f]{32}/g),
    ),
  ];

  const order: OrderView = {
    orderId: 'not looked at',
    status: 'paid',
    currency: 'EUR',
    total: 0,
    lines: [],
    payment: { status: 'succeeded', method: 'pm_1', captured: 0, refunded: 0, disputed: 0, capturable: 0 },
    reservations: [],
    shipments: [],
    returns: [],
    refunds: [],
    disputes: [],
    partiallyShipped: false,
    partiallyReturned: false,
    partiallyRefunded: false,
    attention: null,
    createdAt: '2026-11-24T08:43:00Z',
    updatedAt: '2026-11-24T08:43:00Z',
  };

  it('is read to its end, page by page; each order has its own steps, also when it is read again', async () => {
    let pages = 0;
    const client = fakeTemporal({
      runs: {
        executions: [
          {
            execution: { workflowId: 'group/1', runId: 'run-1' },
            type: { name: GROUP_WORKFLOW },
            status: COMPLETED,
            startTime: { seconds: 1, nanos: 0 },
          },
        ],
        page(number) {
          pages += 1;
          const isLast = (number + 1) * PAGE >= events.length;
          return { events: events.slice(number * PAGE, (number + 1) * PAGE), isLast };
        },
      },
    });
    const reader = { parked: () => Promise.resolve([]), events: () => Promise.resolve([]) };
    const runs = createOrderRuns({ client, reader, findOrder: () => Promise.resolve(order) });
    const [first = '', second = ''] = ids;
    for (const orderId of [first, second, first, second]) {
      const [run, ...others] = (await runs.read('shop', orderId)).runs;
      assert.deepEqual(others, []);
      assert.equal(run?.state, 'completed');
      assert.deepEqual(run.nodes, readRun(events, orderId).nodes, orderId);
    }
    assert.notDeepEqual(readRun(events, first).nodes, readRun(events, second).nodes);
    assert.equal(pages, 2 * Math.ceil(events.length / PAGE), 'a closed run is read once for each order');
  });
});
