import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunNode } from '../../src/contracts/http/runs.ts';
import { readRun, type PresentRun } from '../../src/orders/runs/nodes.ts';
import { historyFromJson, type History } from '../../src/workers/history-json.ts';

type Events = NonNullable<History['events']>;

const HISTORIES = fileURLToPath(new URL('../replay/histories/', import.meta.url));
const eventsOf = (name: string): Events =>
  historyFromJson(JSON.parse(readFileSync(`${HISTORIES}${name}.json`, 'utf8'))).events ?? [];

/** The order that a recorded run was started with: the first one, of several. */
function orderOf(events: Events): string {
  const [input] = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return /ord_[0-9a-f]{32}/.exec(Buffer.from(input?.data ?? []).toString())?.[0] ?? '';
}
const read = (name: string, present?: PresentRun) => {
  const events = eventsOf(name);
  return readRun(events, orderOf(events), present);
};
/** The beginning of a history, as it was when the event with this number had come. */
const readUntil = (name: string, eventId: number, present?: PresentRun) => {
  const events = eventsOf(name);
  return readRun(events.slice(0, eventId), orderOf(events), present);
};
const drawn = (nodes: readonly RunNode[]) =>
  nodes.map(
    ({ kind, name, detail, state, undo }) =>
      `${undo ? 'undo ' : ''}${kind === 'step' ? '' : `${kind} `}${name}${detail === undefined ? '' : ` ${detail}`}: ${state}`,
  );
const nodeNamed = (nodes: readonly RunNode[], name: string): RunNode => {
  const found = nodes.find((node) => node.name === name);
  assert.ok(found, `no node ${name}`);
  return found;
};

describe('the nodes of a run', () => {
  it('are its steps in order of their start, local activities too, each with its duration', () => {
    const { type, state, nodes } = read('paid');
    assert.deepEqual([type, state], ['checkout', 'completed']);
    assert.deepEqual(drawn(nodes), [
      'reserveStock: done',
      'chargePayment: done',
      'confirmOrder: done',
      'notify created, paid: done',
    ]);
    assert.deepEqual(
      nodes.map(({ durationMs }) => durationMs),
      [47, 74, 23, 210],
    );
  });

  it('of all recorded runs hold no payload and no message', () => {
    const names = [
      'second_payment_refunded',
      'return_exchanged',
      'group_paid_and_declined',
      'mail_refused_then_sent',
    ];
    for (const name of names) {
      const text = JSON.stringify(read(name).nodes);
      assert.doesNotMatch(text, /ord_|pi_|@|secret|http/, name);
    }
  });

  it('join the tries of a step: its first as a local activity, its retries, and those after a pause', () => {
    const charge = nodeNamed(read('paid_after_outage').nodes, 'chargePayment');
    assert.equal(charge.state, 'done');
    assert.deepEqual([charge.attempts, charge.failedAttempts], [7, 6]);
    assert.deepEqual(charge.error, { type: 'PaymentUnknown', code: 'StripeAPIError 503' });
  });

  it('show that the next try is due later, and when', () => {
    const charge = nodeNamed(readUntil('paid_after_outage', 15).nodes, 'chargePayment');
    assert.deepEqual([charge.state, charge.nextTryAt], ['waiting', '2026-11-27T15:55:22.007Z']);
  });

  it('show the tries of an activity that has not ended, as Temporal describes it', () => {
    const lastFailure = { message: 'Ada', applicationFailureInfo: { type: 'PaymentUnknown' } };
    const { nodes } = readUntil('paid_after_outage', 7, {
      pending: [{ activityId: '3', attempt: 3, lastFailure }],
    });
    const charge = nodeNamed(nodes, 'chargePayment');
    assert.deepEqual([charge.state, charge.attempts, charge.failedAttempts], ['running', 4, 3]);
    assert.deepEqual(charge.error, { type: 'PaymentUnknown' });
  });

  it('show what is undone after a cancellation', () => {
    assert.deepEqual(drawn(read('cancelled_while_charging').nodes), [
      'reserveStock: done',
      'chargePayment: done',
      'decision cancel: done',
      'undo abandonOrder: done',
      'undo refundPayment: done',
      'undo releaseStock: done',
      'notify cancelled: done',
    ]);
  });

  it('of a refund undo nothing', () => {
    assert.ok(read('refunded').nodes.every(({ undo }) => undo === undefined));
  });

  it('show a review as a wait with its deadline, and what follows', () => {
    const { state, nodes } = read('open_in_review');
    assert.equal(state, 'running');
    assert.deepEqual(drawn(nodes), [
      'reserveStock: done',
      'notify created: done',
      'wait review: waiting',
      'chargePayment: to_come',
      'confirmOrder: to_come',
      'notify paid: to_come',
    ]);
    assert.ok(nodeNamed(nodes, 'review').deadline);
  });

  it('show how a review has ended', () => {
    const nodes = drawn(read('reviewed_approved').nodes);
    assert.deepEqual(nodes.slice(2, 5), [
      'wait review: done',
      'decision approve: done',
      'chargePayment: done',
    ]);
  });

  it('show a parked step, what an operator has chosen, and that it has failed where it was skipped', () => {
    const events = eventsOf('parked_then_skipped');
    const resolved = events.findLastIndex(
      ({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
        update?.acceptedRequest?.input?.name === 'resolveStep',
    );
    const before = readRun(events.slice(0, resolved), orderOf(events));
    assert.equal(nodeNamed(before.nodes, 'refundPayment').state, 'parked');
    assert.deepEqual(drawn(read('parked_then_skipped').nodes).slice(4, 6), [
      'undo refundPayment: failed',
      'decision skip refundPayment: done',
    ]);
  });

  it('take from PostgreSQL which steps are parked, where that is known', () => {
    const { nodes } = readUntil('paid_after_outage', 15, { parked: ['chargePayment'] });
    assert.equal(nodeNamed(nodes, 'chargePayment').state, 'parked');
  });

  it('show a parked step that the run before has tried', () => {
    const { nodes } = readUntil('continued_as_new_then_skipped', 8, { parked: ['refundPayment'] });
    assert.deepEqual(drawn(nodes), ['undo refundPayment: parked']);
  });

  it('of a group are those of the order and of all orders at once', () => {
    const events = eventsOf('group_detaches_order_to_review');
    const input = Buffer.from(
      events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data ?? [],
    ).toString();
    const ids = [...new Set(input.match(/ord_[0-9a-f]{32}/g))];
    const ofEach = ids.map((orderId) => readRun(events, orderId));
    assert.ok(ofEach.every(({ orders }) => orders === 2));
    const detached = ofEach.map(({ nodes }) => nodes.some(({ kind }) => kind === 'workflow'));
    assert.deepEqual(detached.sort(), [false, true], 'only one of the orders got a workflow of its own');
  });

  it('of a shipping that looks again and again are few', () => {
    const { nodes } = read('fulfilment_delivered_then_closed');
    assert.deepEqual(
      drawn(nodes).filter((node) => !node.startsWith('wait')),
      [
        'buyLabel: done',
        'trackShipments: done',
        'notify shipped: done',
        'trackShipments: done',
        'notify out_for_delivery: done',
        'trackShipments: done',
        'notify delivered: done',
      ],
    );
  });

  it('read a run that was terminated as one that did not end its step', () => {
    const events = eventsOf('paid_after_outage').slice(0, 7);
    const at = { eventTime: { seconds: 1_795_794_920, nanos: 0 } };
    const { state, nodes } = readRun(
      [...events, { ...at, workflowExecutionTerminatedEventAttributes: {} }] as Events,
      orderOf(events),
    );
    assert.equal(state, 'terminated');
    assert.equal(nodeNamed(nodes, 'chargePayment').state, 'failed');
    assert.ok(nodes.every((node) => node.state !== 'to_come'));
  });
});
