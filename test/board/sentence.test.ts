import assert from 'node:assert/strict';
import { outcomesOf } from '../../src/domain/situation/outcomes.ts';
import { remarkOf, sentenceOf, type Brake } from '../../src/domain/situation/sentence.ts';
import { sumOfNeeds, type QueueCount } from '../../src/domain/situation/queues.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';

const NOW = Date.parse('2026-11-28T14:02:11Z');
const figures = { count: 10, average: 250, p50: 250, p95: 660, p99: 1_620 };
const well: StatsView = {
  windowSeconds: 300,
  throughputPerSecond: 40,
  responseTime: figures,
  stages: { reserve: figures, charge: figures, notify: figures },
  orders: {
    placed: 100,
    byStatus: { paid: 90, payment_failed: 6, out_of_stock: 2, cancelled: 2, placed: 7 },
  },
  backlog: 7,
  parked: 0,
  disputes: { open: 0, needResponse: 0 },
  relay: [{ destination: 'kafka', behind: 0, lagMs: 100 }],
  feed: { unnumberedMs: 0, transactionMs: 0 },
  carriers: { restarted: 0, lost: 0 },
  webhooks: { pending: 0, failing: 0, disabled: 0 },
  retention: [],
};
const queue = (name: string, count: number, more: Partial<QueueCount> = {}): QueueCount => ({
  name,
  group: 'need_you',
  count,
  ...more,
});
const first = (stats: Partial<StatsView>, checks?: Record<string, string>) =>
  sentenceOf({ stats: { ...well, ...stats }, queues: [], now: NOW, ...(checks && { checks }) })[0];

describe('the sentence of the page Now', () => {
  it('says that all is well, and that nothing needs anybody', () => {
    assert.deepEqual(sentenceOf({ stats: well, queues: [], now: NOW }), [
      { kind: 'normal' },
      { kind: 'nothing-needs' },
    ]);
  });

  it('says the worst first: down, then standing still, then slow', () => {
    const slow = { responseTime: { ...figures, p50: 3_000 } };
    const stuck = { ...slow, carriers: { restarted: 0, lost: 2 }, workflowTasks: { failed: 1, stuck: 1 } };
    assert.deepEqual(first(slow), { kind: 'slow', p50: 3_000 });
    assert.deepEqual(first(stuck), { kind: 'stuck', count: 3 });
    assert.deepEqual(first(stuck, { postgres: 'unreachable', temporal: 'ok', feed: 'late' }), {
      kind: 'down',
      names: ['postgres'],
    });
  });

  it('says that orders are paused, rather than that all is well or that it is slow', () => {
    const slow = { ...well, responseTime: { ...figures, p50: 3_000 } };
    const said = (...brakes: Brake[]) => sentenceOf({ stats: slow, queues: [], brakes, now: NOW })[0];
    const source: Brake = { kind: 'intake', target: '/storefront' };
    const provider: Brake = { kind: 'provider', target: 'stripe' };
    assert.deepEqual(said(source), { kind: 'paused', what: 'some-intake' });
    assert.deepEqual(said(source, provider), { kind: 'paused', what: 'provider' });
    assert.deepEqual(said(provider, { kind: 'intake', target: 'all' }), { kind: 'paused', what: 'intake' });
    assert.deepEqual(said({ kind: 'sku', target: 'mug-01' }), { kind: 'slow', p50: 3_000 });
  });

  it('takes a late feed for no outage', () => {
    assert.deepEqual(first({}, { postgres: 'ok', temporal: 'ok', feed: 'late' }), { kind: 'normal' });
  });

  it('says that there are no orders, rather than that all is well', () => {
    assert.deepEqual(first({ orders: { placed: 0, byStatus: {} }, backlog: 0 }), { kind: 'quiet' });
  });

  it('counts what needs an operator, and not what mends itself', () => {
    const queues = [
      queue('attention', 14, { oldestAt: '2026-11-28T11:48:11Z' }),
      queue('review', 6, { oldestAt: '2026-11-28T13:00:00Z', atLeast: true }),
      queue('payment-unknown', 5, { group: 'watch', oldestAt: '2026-11-27T00:00:00Z' }),
    ];
    assert.deepEqual(sumOfNeeds(queues), { count: 20, atLeast: true, oldestAt: '2026-11-28T11:48:11Z' });
    assert.deepEqual(sentenceOf({ stats: well, queues, now: NOW })[1], {
      kind: 'needs',
      count: 20,
      atLeast: true,
      oldestMs: (2 * 60 + 14) * 60_000,
    });
  });
});

describe('the line below the sentence', () => {
  it('names the destination that is furthest behind, and how many others are', () => {
    const relay = [
      { destination: 'rabbitmq', behind: 3, lagMs: 6_000 },
      { destination: 'kafka', behind: 1_204, lagMs: 14_000 },
      { destination: 'webhooks', behind: 74, lagMs: 1_800 },
    ];
    assert.deepEqual(remarkOf({ ...well, relay }), {
      kind: 'behind',
      destination: 'kafka',
      lagMs: 14_000,
      others: 1,
    });
  });

  it('says first that a destination has events that the database does not have', () => {
    const relay = [{ destination: 'kafka', behind: 0, lagMs: 20_000, ahead: true }];
    assert.deepEqual(remarkOf({ ...well, relay }), { kind: 'ahead', destination: 'kafka' });
  });

  it('says that nothing is behind', () => {
    assert.deepEqual(remarkOf(well), { kind: 'nothing-behind' });
  });
});

describe('the shares of outcomes', () => {
  it('are of the orders that have an outcome', () => {
    assert.deepEqual(outcomesOf(well), { decided: 100, paid: 0.9, declined: 0.06, outOfStock: 0.02 });
    assert.equal(outcomesOf({ ...well, orders: { placed: 1, byStatus: { placed: 1 } } }), undefined);
  });
});
