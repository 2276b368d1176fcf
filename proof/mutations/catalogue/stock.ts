import ts from 'typescript';
import { replace } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import { hasString, one } from '../syntax.ts';
import { NEVER, NO_STOCK_CHECK, UNBATCHED } from './common.ts';

/** The statement of `reserve_stock` that locks the levels. */
const LOCKING_STATEMENT = /;((?:(?!;)[\s\S])*?\bfor update\b[^;]*;)/;

/** Mutations of stock and prices. */
export const STOCK_MUTATIONS: readonly Mutation[] = [
  {
    name: 'stock is taken without a look at what there is',
    scenario: 'more is asked for than there is',
    changes: [
      NO_STOCK_CHECK,
      {
        function: 'reserve_stock',
        find: /\bif \w+ > 0 then(\s+\w+ := 'out_of_stock')/,
        put: (_match, outOfStock = '') => `if false then${outOfStock}`,
      },
      {
        function: 'reserve_stock',
        find: /(\w+ := )least\([^;]*, (\w+\[\w+\])\);/,
        put: (_match, taken = '', wanted = '') => `${taken}${wanted};`,
      },
    ],
  },
  {
    name: 'stock is looked at and not locked',
    scenario: 'many buy one item at once',
    changes: [
      NO_STOCK_CHECK,
      UNBATCHED,
      {
        function: 'reserve_stock',
        find: LOCKING_STATEMENT,
        put: (_match, statement = '') =>
          `;${statement.replace(/\s*\bfor update\b/, '')}\n  perform pg_sleep(0.05);`,
      },
    ],
  },
  {
    name: 'items are locked in no order',
    scenario: 'many buy the same two items',
    changes: [
      UNBATCHED,
      {
        function: 'reserve_stock',
        find: LOCKING_STATEMENT,
        put: (_match, statement = '') => `;
  declare
    v_sku_to_lock text;
  begin
    for v_sku_to_lock in
      select s from (select distinct line ->> 'sku' as s
                       from jsonb_array_elements($1) o, jsonb_array_elements(o -> 'request' -> 'lines') line) d
       order by random()
    loop
      perform 1 from stock_levels where sku = v_sku_to_lock for update;
      perform pg_sleep(0.01);
    end loop;
  end;${statement}`,
      },
    ],
  },
  {
    name: 'stock is freed while the payment is undecided',
    scenario: 'the customer authenticates',
    changes: [
      {
        function: 'record_waiting',
        find: /perform append_order_event\((\w+), \w+\);/,
        put: (match, moved = '') => `${match} perform settle_reservations(${moved}, 'released');`,
      },
    ],
  },
  {
    name: 'what was held for an order that expires stays held',
    scenario: 'the customer does not authenticate',
    changes: [
      {
        function: 'release_stock',
        find: /perform settle_reservations\((\w+), 'released'\);/,
        put: (_match, open = '') =>
          `perform settle_reservations(array(select r ->> 'orderId' from jsonb_array_elements($1) r
          where r ->> 'status' <> 'expired' and r ->> 'orderId' = any(${open})), 'released');`,
      },
    ],
  },
  {
    name: 'subtotals are added twice',
    scenario: 'paid by card',
    changes: [
      {
        function: 'reserve_stock',
        find: /\bcoalesce\(sum\((\w+\.amount\))/,
        put: (_match, amount = '') => `coalesce(2 * sum(${amount}`,
      },
    ],
  },
  {
    name: 'the price is the one that the client sends',
    scenario: 'the customer was shown another total',
    changes: [
      {
        declares: 'quote',
        edit: (file) => {
          const mismatch = one(file, 'if that makes the problem total_mismatch', ts.isIfStatement, (each) =>
            hasString(each.thenStatement, 'total_mismatch'),
          );
          return replace(mismatch.expression, NEVER);
        },
      },
      {
        function: 'reserve_stock',
        find: /(\w+) <> (\([^;]*?'expectedTotal'\)::bigint) then\s+[^;]+;\s+\w+ := 'total_mismatch';/,
        put: (_match, total = '', expected = '') => `${total} <> ${expected} then ${total} := ${expected};`,
      },
    ],
  },
];
