import type { Mutation } from '../mutation.ts';

/** Mutations of returns, and of the money of pieces. */
export const RETURN_MUTATIONS: readonly Mutation[] = [
  {
    name: 'more may come back than was delivered',
    scenario: 'more is returned than was delivered',
    changes: [
      {
        function: 'request_returns',
        find: /where asked\.quantity > coalesce\(\w+\.pieces, 0\)/,
        put: () => 'where false',
      },
    ],
  },
  {
    name: 'a piece that was refunded is refunded again when it comes back',
    scenario: 'a piece was refunded before it comes back',
    changes: [
      { table: 'order_lines', column: 'refunded' },
      { table: 'order_lines', column: 'refunded_amount' },
      {
        function: 'plan_refund',
        find: /least\((\w+\.asked), \w+\.quantity - \w+\.refunded\)/,
        put: (_match, asked = '') => asked,
      },
    ],
  },
  {
    name: 'a damaged piece is put back on sale',
    scenario: 'what comes back is damaged',
    changes: [
      {
        function: 'return_pieces',
        find: /case p ->> 'disposition' when 'restocked' then 'available' else 'unavailable' end/,
        put: () => `'available'`,
      },
    ],
  },
  {
    name: 'the money of a piece is rounded by the piece',
    scenario: 'a line that its pieces do not divide is cancelled piece by piece',
    changes: [
      {
        function: 'line_share',
        find: /\(div\([^;]*\)\)::bigint/,
        put: () => '(div(p_amount::numeric, p_quantity) * (p_to - p_from))::bigint',
      },
    ],
  },
];
