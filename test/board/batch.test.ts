import assert from 'node:assert/strict';
import { isOpen, ordersOfFilter, paceOf, progressOf, stepOf } from '../../board/lib/batch.ts';
import { hrefOf, parseRoute } from '../../board/lib/router.ts';
import { BATCH_ACTIONS, BATCH_OUTCOMES, BATCH_STATES, SCOPE_OF_ACTION } from '../../src/contracts/batches.ts';
import type { BatchView } from '../../src/contracts/http/batches.ts';
import { ACTION_SCOPES } from '../../board/lib/batch.ts';
import { en } from '../../board/locales/en.ts';

const view = (changes: Partial<BatchView> = {}): BatchView => ({
  batchId: 'bat_1',
  action: 'retry',
  state: 'running',
  counts: { matched: 212, pending: 50, running: 4, done: 138, failed: 6, leftOut: 14 },
  leftOut: [],
  money: [],
  unknownAmounts: 0,
  mails: 0,
  ordersPerSecond: 10,
  estimatedSeconds: 6,
  plannedBy: { type: 'client', id: 'shop' },
  createdAt: '2026-11-27T14:00:00.000Z',
  plannedAt: '2026-11-27T14:00:00.000Z',
  ...changes,
});

describe('a batch on the board', () => {
  it('counts what has a result of what had to have a turn', () => {
    assert.deepEqual(progressOf(view()), { settled: 144, total: 198 });
  });

  it('has a step, and is open while it runs or stops', () => {
    assert.deepEqual(
      BATCH_STATES.map((state) => [stepOf(view({ state })), isOpen({ state })]),
      [
        ['dryRun', false],
        ['progress', true],
        ['progress', true],
        ['result', false],
        ['result', false],
      ],
    );
  });

  it('has a pace as soon as there is one', () => {
    const startedAt = '2026-11-27T14:00:00.000Z';
    const at = (seconds: number) => Date.parse(startedAt) + seconds * 1_000;
    assert.equal(paceOf(view(), at(10)), undefined);
    assert.equal(paceOf(view({ startedAt }), at(14.4)), 10);
  });

  it('has an address, and takes the filter of the list without personal data', () => {
    const route = { page: 'batches', id: 'bat_1' } as const;
    assert.deepEqual(parseRoute(hrefOf(route)), route);
    assert.deepEqual(ordersOfFilter({ status: 'paid', attention: true, q: 'mug-01' }), {
      query: { status: 'paid', attention: true, q: 'mug-01' },
    });
  });

  it('has the scopes of the server, and a word for each action, state and outcome', () => {
    assert.deepEqual(ACTION_SCOPES, SCOPE_OF_ACTION);
    const keys = new Set(Object.keys(en));
    for (const action of BATCH_ACTIONS)
      for (const part of ['verb', 'title', 'doing', 'did', 'does', 'would', 'done', 'running'])
        assert.ok(keys.has(`batch.${part}.${action}`), `${part} of ${action}`);
    for (const state of BATCH_STATES) assert.ok(keys.has(`batch.state.${state}`), state);
    for (const outcome of BATCH_OUTCOMES) assert.ok(keys.has(`batch.outcome.${outcome}`), outcome);
  });
});
