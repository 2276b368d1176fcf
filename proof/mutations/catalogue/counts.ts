import type { Mutation } from '../mutation.ts';

/** Mutations of what other systems report about stock, and of the alerts of low stock. */
export const COUNT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a count forgets what was handed over since',
    scenario: 'a count from before a hand-over',
    changes: [
      { function: 'decide_stock_counts', find: /quantity \+ moved_since\([^)]*\)/, put: () => 'quantity' },
    ],
  },
  {
    name: 'a count forgets what was sold since',
    scenario: 'a count of what can be sold, from before a sale',
    changes: [
      {
        function: 'decide_stock_counts',
        find: /quantity \+ available_since\([^)]*\)/,
        put: () => 'quantity',
      },
    ],
  },
  {
    name: 'the same report of stock is applied again',
    scenario: 'a delivery of goods is reported twice',
    changes: [
      {
        function: 'decide_stock_counts',
        find: /when a\.sequence <= s\.sequence then/,
        put: () => 'when a.sequence < s.sequence then',
      },
    ],
  },
  {
    name: 'an alert is raised for a hold that is released',
    scenario: 'stock is low for a moment',
    changes: [
      {
        function: 'raise_stock_alerts',
        find: /(\w+ interval) := [^;]*;/,
        put: (_match, declared = '') => `${declared} := interval '0';`,
      },
    ],
  },
  {
    name: 'an alert is raised at each look',
    scenario: 'stock is low, and more is sold',
    changes: [
      {
        function: 'watch_stock_level',
        find: /or (\w+) = 'low' and new\.alert_state = 'ok' then/,
        put: (_match, state = '') => `or ${state} = 'low' then`,
      },
    ],
  },
];
