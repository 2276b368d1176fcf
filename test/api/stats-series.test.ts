import assert from 'node:assert/strict';
import type { StatsSeriesView } from '../../src/contracts/http/stats-series.ts';
import { createStatsSeries } from '../../src/adapters/postgres/stats-series.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting } from '../support/api/requests.ts';

describe('GET /v1/stats/series', function () {
  this.timeout(120_000);
  let stage: Stage;
  /** When the last order was placed, in milliseconds since 1970: ten seconds later another one would have to be there. */
  let lastPlacedAt: number;
  before(async () => {
    stage = await openStage();
    // One order each ten seconds for two hours, and each second one is decided a second later.
    await stage.shop.pool.query(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method,
                           created_at, outcome_at)
       select 'ord_' || n, 'development', 'h', 'placed', 'EUR', 100, '[]', 'a@example.com', 'pm_x',
              date_bin('10 seconds', now(), 'epoch') - n * interval '10 seconds' + interval '2 seconds',
              case when n % 2 = 0 then date_bin('10 seconds', now(), 'epoch') - n * interval '10 seconds' + interval '3 seconds' end
         from generate_series(1, 720) n`,
    );
    const { rows } = await stage.shop.pool.query<{ at: Date }>('select max(created_at) as at from orders');
    lastPlacedAt = rows[0]?.at.getTime() ?? 0;
  });
  after(() => stage.close());

  const series = async (query: string): Promise<StatsSeriesView> =>
    (await stage.app.inject(getting(`/v1/stats/series?${query}`))).json<StatsSeriesView>();

  it('counts what was placed and decided in each step, without gaps', async () => {
    const { points, windowSeconds, stepSeconds } = await series('window=30m&step=1m');
    assert.deepEqual([windowSeconds, stepSeconds, points.length], [1_800, 60, 30]);
    // Another minute may have begun since the orders were written.
    const over = points.filter(({ at }) => Date.parse(at) + 60_000 <= lastPlacedAt + 10_000);
    assert.ok(over.length >= 25, `${over.length} minutes`);
    assert.ok(over.every(({ seconds, placed, decided }) => seconds === 60 && placed === 6 && decided === 3));
    const times = points.map(({ at }) => Date.parse(at));
    assert.ok(
      times.every(
        (time, index) => time % 60_000 === 0 && (index === 0 || time - (times[index - 1] ?? 0) === 60_000),
      ),
    );
    const last = points.at(-1);
    assert.ok(last && last.seconds <= 60 && Date.parse(last.at) <= Date.now());
  });

  it('has zeros where nothing was', async () => {
    const { points } = await series('window=1d&step=10m');
    assert.equal(points.length, 144);
    assert.deepEqual([points[0]?.placed, points[0]?.decided], [0, 0]);
    assert.equal(
      points.reduce((sum, { placed }) => sum + placed, 0),
      720,
    );
  });

  it('has marks of what happened in the window', async () => {
    await stage.shop.pool.query(
      `insert into parked_steps (order_id, step, workflow_id, reason, attempts, since, actions)
       select 'ord_' || n, 'refundPayment ' || n, 'w', 'r', 1, now() - interval '5 minutes', '{retry}' from generate_series(1, 3) n`,
    );
    await stage.shop.pool.query(
      `insert into audits (audit_id, started_at, finished_at, difference_count)
       values ('aud_new', now(), now() - interval '2 minutes', 4), ('aud_old', now(), now() - interval '3 hours', 4),
              ('aud_clean', now(), now() - interval '1 minute', 0)`,
    );
    const { marks } = await createStatsSeries(stage.shop.pool).read(1_800, 30);
    assert.deepEqual(
      marks.map(({ kind, subject }) => [kind, subject]),
      [
        ['attention', 'refundPayment'],
        ['audit_differences', 'aud_new'],
      ],
    );
  });

  it('is read once for everyone who asks for the same', async () => {
    let reads = 0;
    const read = () => {
      reads += 1;
      return Promise.resolve({ windowSeconds: 60, stepSeconds: 1, points: [], marks: [] });
    };
    const app = await stage.another({ statsSeries: { read } });
    const asked = Array.from({ length: 10 }, () =>
      app.inject(getting('/v1/stats/series?window=1m&step=30s')),
    );
    await Promise.all(asked);
    assert.equal(reads, 1);
    await app.inject(getting('/v1/stats/series?window=2m&step=30s'));
    assert.equal(reads, 2);
  });

  it('refuses windows with too many steps', async () => {
    for (const query of ['window=1d&step=1s', 'window=8d&step=1d', 'window=0s'])
      assert.equal((await stage.app.inject(getting(`/v1/stats/series?${query}`))).statusCode, 400, query);
  });
});
