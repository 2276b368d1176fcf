import assert from 'node:assert/strict';
import { summaryOf } from '../../src/tracing/sql.ts';

describe('the summary of a statement', () => {
  for (const [text, summary] of [
    ['select reserve_stock($1::jsonb) as result', 'SELECT reserve_stock'],
    ['select * from pending_orders($1)', 'SELECT pending_orders'],
    ['select coalesce(a, b) as c from orders where id = $1', 'SELECT orders'],
    [
      'select o.id, (select count(*) from payments p) as n from unnest($1) w cross join orders o',
      'SELECT orders',
    ],
    ['select o.id from unnest($1) as w (id) cross join lateral (select * from orders) o', 'SELECT named'],
    ["update mails set status = 'sent' where message_id = any($1::text[])", 'UPDATE mails'],
    ['insert into dead_letters (id) values ($1)', 'INSERT dead_letters'],
    ['with x as (delete from a returning b) insert into c select b from x', 'INSERT c'],
    ['(select a from x order by a) union all (select b from y) order by a', 'SELECT named'],
    ['listen order_events', 'LISTEN named'],
  ] as const)
    it(`is ${summary}`, () => {
      assert.equal(summaryOf(text, 'named').summary, summary);
    });
});
