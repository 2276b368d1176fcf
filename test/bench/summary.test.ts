import assert from 'node:assert/strict';
import { isKept } from '../../bench/compare/promises.ts';
import { machinePairs, tablesOf } from '../../bench/compare/tables.ts';
import { totalOf } from '../../bench/measure/cell.ts';
import { cell, measurement, summary } from '../support/bench/summaries.ts';

describe('The summary of a run', () => {
  const promised = (run = summary()) =>
    run.promises.find(({ text }) => text === 'orders a second, relative to DBOS');

  it('takes each ratio within a round, so that a round on a slow machine does not change it', () => {
    const rounds = [1, 10, 3].flatMap((slower, index) => [
      measurement(index + 1, 'grouped', 1_000 * slower),
      measurement(index + 1, 'dbos', 4_000 * slower),
    ]);
    assert.deepEqual(promised(summary({}, rounds))?.measured, { median: 4, min: 4, max: 4 });
  });

  it('does not say whether a promise is kept where one side of it was not measured', () => {
    const open = promised(summary({}, [measurement(1, 'grouped', 1_000)]));
    assert.ok(open);
    assert.equal(open.measured, null);
    assert.equal(isKept(open), undefined);
  });

  it('says whether a promise is kept', () => {
    const spread = { median: 1.4, min: 1, max: 2 };
    const promise = { text: '', limit: 1.5, measured: spread };
    assert.equal(isKept({ ...promise, bound: 'least' }), false);
    assert.equal(isKept({ ...promise, bound: 'most' }), true);
  });

  it('has the orders a second as the median of the rounds, with and without the mails', () => {
    const { ordersPerSecond, settledPerSecond } = cell(summary(), 'grouped');
    assert.deepEqual(ordersPerSecond, { median: 75, min: 50, max: 100 });
    assert.deepEqual(settledPerSecond, { median: 37.5, min: 25, max: 50 });
  });

  it('has the processor time and the stored bytes for each order', () => {
    const { processorMs, storedBytes } = cell(summary(), 'grouped');
    assert.deepEqual(processorMs, { variant: 11, engine: 22, postgres: 3.3, sandbox: 0.44 });
    assert.ok(Math.abs(totalOf(processorMs) - 36.74) < 1e-9);
    assert.equal(storedBytes, 5_000);
  });

  it('names a variant that has failed, and why', () => {
    const run = summary();
    assert.ok(
      tablesOf(run).some(({ rows }) => rows.some(([name, cell]) => name === 'Restate' && cell === 'failed')),
    );
    assert.ok(machinePairs(run).some(([, value]) => value.includes('Restate, 50 in flight: no response')));
  });

  it('has no column and no row for what was not measured', () => {
    const tables = tablesOf(summary());
    const byRate = tables.find(({ title }) => title.startsWith('Response time at a fixed rate'));
    assert.deepEqual(byRate?.head, ['', '25', '50']);
    assert.deepEqual(
      byRate.rows.map((row) => row.slice(0, 2)),
      [
        ['this checkout', '44.0 / 44.0'],
        ['DBOS', '66.0 / 66.0'],
      ],
    );
    assert.ok(!tables.some(({ rows }) => rows.some(([name]) => name === 'BullMQ')));
  });
});
