/**
 * Which folder may import which. Imports point one way: what a folder may import stands above it in this table, and an import
 * from any other folder is an error. Every folder with TypeScript in it has a row, so a new folder is refused until it has one.
 * The reasons stand in docs/overview.md.
 */

const CONTRACTS = [
  'src/contracts',
  'src/contracts/http',
  'src/contracts/intake',
  'src/contracts/temporal',
  'src/contracts/ports',
];
const POSTGRES = ['src/adapters/postgres', 'src/adapters/postgres/audit'];
const BROKERS = [
  'src/adapters/kafka',
  'src/adapters/rabbitmq',
  'src/adapters/zeromq',
  'src/adapters/brokers',
];
const ORDERS = [
  'src/orders/lib',
  'src/orders/temporal',
  'src/orders/waiting',
  'src/orders/recovery',
  'src/orders/batching',
  'src/orders/runs',
  'src/orders',
];
const MAIL = ['src/mail/lib', 'src/mail/locales', 'src/mail/templates', 'src/mail'];
const STOCK = ['src/stock/rows', 'src/stock'];
const API = ['src/api/lib', 'src/api/openapi', 'src/api/plugins', 'src/api/routes', 'src/api'];
const DEV = ['dev/processes', 'dev/files', 'dev/tools', 'dev/temporal', 'dev/postgres', 'dev'];
const SANDBOX = [
  'sandbox/smtp',
  'sandbox/storage',
  'sandbox/faults',
  'sandbox/webhooks',
  'sandbox/stripe',
  'sandbox/easypost',
  'sandbox/control',
  'sandbox',
];
const HARNESS = [
  'harness',
  'harness/api',
  'harness/browser',
  'harness/load',
  'harness/servers',
  'harness/brokers',
];

/** The product without its entry points. */
const PRODUCT = [
  ...CONTRACTS,
  'src/domain',
  'src/domain/situation',
  'src/platform',
  'src/validation',
  'src/adapters/urls',
  ...POSTGRES,
  'src/adapters/postgres/migrations',
  ...BROKERS,
  'src/adapters/easypost',
  'src/adapters/smtp',
  'src/adapters/stripe',
  'src/adapters/temporal',
  'src/adapters/webhooks',
  'src/workflows/lib',
  'src/workflows/operations',
  'src/workflows/fulfilment',
  'src/workflows/returns',
  'src/workflows',
  ...MAIL,
  'src/activities',
  ...ORDERS,
  ...STOCK,
  'src/webhooks',
  'src/fulfilment',
  'src/returns',
  'src/batches',
  'src/stock-alerts',
  'src/relay',
  'src/intake',
  ...API,
  'src/workers',
  'src/telemetry',
  'src/tracing',
];

const CLI = [
  'src/cli/output',
  'src/cli/support',
  'src/cli/load',
  'src/cli/watch',
  'src/cli/top',
  'src/cli/commands',
  'src/cli',
];

/** What a test, a proof and a benchmark may stand on. */
const EVERYTHING = [...PRODUCT, 'src/app', ...CLI, ...DEV, ...SANDBOX, ...HARNESS];

const PROOF = [
  'proof/report',
  'proof/system',
  'proof/orders',
  'proof/model',
  'proof/mutations/scenarios',
  'proof/mutations',
  'proof/mutations/catalogue',
  'proof/parts',
  'proof',
];

const BENCH = [
  'bench/lib',
  'bench/report',
  'bench/engines',
  'bench/variants/lib',
  'bench/variants/rabbitmq',
  'bench/variants',
  'bench/system',
  'bench/measure',
  'bench/compare',
  'bench/messaging',
  'bench/growth',
  'bench/audit',
  'bench/hot-item',
  'bench/profile',
  'bench/telemetry',
  'bench',
];

const TEST_SUPPORT = [
  'test/support',
  'test/support/sandbox',
  'test/support/api',
  'test/support/clients',
  'test/support/cli',
  'test/support/db',
  'test/support/dev',
  'test/support/intake',
  'test/support/orders',
  'test/support/platform',
  'test/support/recordings',
  'test/support/webhooks',
  'test/support/bench',
  'test/support/browser',
  'test/support/documents/text',
  'test/support/documents/checks',
  'test/support/documents/facts',
  'test/support/documents',
];

const TESTS = [
  'test/activities',
  'test/adapters',
  'test/api',
  'test/app',
  'test/bench',
  'test/board',
  'test/cli',
  'test/cli/load',
  'test/cli/watch',
  'test/cli/top',
  'test/clients',
  'test/db',
  'test/dev',
  'test/domain',
  'test/end-to-end',
  'test/end-to-end/board',
  'test/examples',
  'test/intake',
  'test/mail',
  'test/orders',
  'test/platform',
  'test/proof',
  'test/relay',
  'test/replay',
  'test/repository',
  'test/sandbox',
  'test/stock',
  'test/stock-alerts',
  'test/telemetry',
  'test/tracing',
  'test/webhooks',
  'test/workers',
  'test/workflows',
];

/** The operator's board, which runs in a browser. Of the product it imports types, and the rules of `src/domain/situation`. */
const BOARD = [
  'board/lib',
  'board/locales/batches',
  'board/locales/lists',
  'board/locales/order-page',
  'board/locales/queues',
  'board/locales',
  'board/api',
  'board/state',
  'board/ui',
  'board/ui/actions',
  'board/queues',
  'board/orders',
  'board/details',
  'board/now',
  'board/pages/order',
  'board/pages',
  'board',
];

/** Each folder of `folders` with those before it and `also`. */
const inOrder = (folders, also) =>
  Object.fromEntries(folders.map((folder, index) => [folder, [...folders.slice(0, index), ...also]]));

export const MAY_IMPORT = {
  ...inOrder(CONTRACTS, []),
  'src/domain': CONTRACTS,
  // How the shop is, as the board and `checkout top` say it.
  'src/domain/situation': [...CONTRACTS, 'src/domain'],
  'src/platform': [...CONTRACTS, 'src/domain'],
  'src/validation': CONTRACTS,

  'src/adapters/urls': ['src/platform'],
  ...inOrder(POSTGRES, [...CONTRACTS, 'src/domain', 'src/platform']),
  'src/adapters/postgres/migrations': ['src/adapters/postgres', 'src/platform'],
  ...inOrder(BROKERS, [...CONTRACTS, 'src/domain', 'src/platform', 'src/adapters/urls']),
  'src/adapters/easypost': [...CONTRACTS, 'src/domain', 'src/platform'],
  'src/adapters/smtp': [...CONTRACTS, 'src/domain', 'src/platform'],
  'src/adapters/stripe': [...CONTRACTS, 'src/domain', 'src/platform'],
  'src/adapters/temporal': [...CONTRACTS, 'src/domain', 'src/platform'],
  'src/adapters/webhooks': [...CONTRACTS, 'src/domain', 'src/platform'],

  // A workflow is replayed, so it imports nothing that reads a clock, a file or a socket.
  ...inOrder(
    [
      'src/workflows/lib',
      'src/workflows/operations',
      'src/workflows/fulfilment',
      'src/workflows/returns',
      'src/workflows',
    ],
    [...CONTRACTS, 'src/domain'],
  ),

  ...inOrder(MAIL, [...CONTRACTS, 'src/domain']),
  'src/activities': [
    ...CONTRACTS,
    'src/domain',
    'src/platform',
    ...POSTGRES,
    'src/adapters/webhooks',
    ...MAIL,
  ],
  ...inOrder(ORDERS, [...CONTRACTS, 'src/domain', 'src/platform', 'src/validation', ...POSTGRES]),
  ...inOrder(STOCK, [
    ...CONTRACTS,
    'src/platform',
    'src/validation',
    'src/adapters/postgres',
    'src/orders/lib',
  ]),
  'src/webhooks': [
    ...CONTRACTS,
    'src/domain',
    'src/platform',
    'src/validation',
    'src/adapters/postgres',
    'src/adapters/webhooks',
  ],
  'src/fulfilment': [
    ...CONTRACTS,
    'src/domain',
    'src/platform',
    'src/validation',
    'src/adapters/postgres',
    ...ORDERS,
  ],
  'src/returns': [...CONTRACTS, 'src/domain', 'src/platform', 'src/adapters/postgres', ...ORDERS],
  'src/batches': [...CONTRACTS, 'src/domain', 'src/validation', 'src/adapters/postgres', ...ORDERS],
  'src/stock-alerts': [...CONTRACTS, 'src/domain', 'src/platform', 'src/adapters/postgres', ...MAIL],
  'src/relay': [...CONTRACTS, 'src/domain', 'src/platform', 'src/adapters/postgres', ...BROKERS],
  'src/intake': [
    ...CONTRACTS,
    'src/domain',
    'src/platform',
    'src/validation',
    'src/adapters/postgres',
    ...ORDERS,
    ...STOCK,
    'src/fulfilment',
    'src/returns',
  ],
  ...inOrder(API, [
    ...CONTRACTS,
    'src/domain',
    'src/platform',
    'src/validation',
    ...POSTGRES,
    ...ORDERS,
    ...STOCK,
    'src/webhooks',
    'src/fulfilment',
    'src/returns',
    'src/batches',
    'src/intake',
  ]),
  'src/workers': [
    ...CONTRACTS,
    'src/platform',
    'src/activities',
    'src/adapters/postgres',
    'src/adapters/smtp',
  ],
  'src/telemetry': [...CONTRACTS, 'src/platform', 'src/adapters/postgres'],
  'src/tracing': [
    ...CONTRACTS,
    'src/domain',
    'src/platform',
    'src/adapters/postgres',
    'src/adapters/webhooks',
  ],
  'src/app': PRODUCT,

  ...inOrder(DEV, [
    ...CONTRACTS,
    'src/platform',
    ...POSTGRES,
    'src/adapters/postgres/migrations',
    ...BROKERS,
  ]),
  'dev/watch': [...PRODUCT, 'src/app', ...DEV],
  ...inOrder(SANDBOX, ['src/platform']),
  ...inOrder(HARNESS, [
    ...CONTRACTS,
    'src/domain',
    'src/platform',
    ...POSTGRES,
    'src/adapters/postgres/migrations',
    ...BROKERS,
    ...DEV,
  ]),
  ...inOrder(CLI, [
    ...CONTRACTS,
    'src/domain',
    'src/domain/situation',
    'src/platform',
    'src/adapters/postgres',
    'src/adapters/postgres/migrations',
    ...MAIL,
    'src/stock/rows',
    'src/workers',
    ...DEV,
    ...HARNESS,
  ]),

  ...inOrder(BOARD, [...CONTRACTS, 'src/domain/situation']),

  ...inOrder(PROOF, EVERYTHING),
  ...inOrder(BENCH, EVERYTHING),
  ...Object.fromEntries(
    ['bullmq', 'dbos', 'floor', 'none', 'plain', 'restate'].map((name) => [
      `bench/variants/${name}`,
      ['bench/lib', 'bench/variants/lib', ...EVERYTHING],
    ]),
  ),

  ...inOrder(TEST_SUPPORT, [...EVERYTHING, ...BENCH]),
  // What has a page is known to the board's router.
  'test/support/browser': [...EVERYTHING, 'test/support', 'test/support/webhooks', 'board/lib'],
  ...Object.fromEntries(TESTS.map((folder) => [folder, [...EVERYTHING, ...TEST_SUPPORT]])),
  'test/board': [...EVERYTHING, ...TEST_SUPPORT, ...BOARD],
  'test/bench': [...EVERYTHING, ...TEST_SUPPORT, ...BENCH],
  'test/proof': [...EVERYTHING, ...TEST_SUPPORT, ...PROOF],
  'test/support/alerts': [...EVERYTHING, ...TEST_SUPPORT, ...PROOF],
  'test/observability': [...EVERYTHING, ...TEST_SUPPORT, ...PROOF, 'test/support/alerts'],

  'scripts/board': [...EVERYTHING, ...TEST_SUPPORT, 'board/lib'],
  scripts: [...EVERYTHING, ...TEST_SUPPORT, 'scripts/board'],
  'scripts/db': [...EVERYTHING, ...TEST_SUPPORT],
  'scripts/traces': [...EVERYTHING, ...TEST_SUPPORT],
  'scripts/pictures': [...EVERYTHING, ...TEST_SUPPORT],
};

/** @throws {Error} naming the folders, where the table lets folders import each other in a circle */
function refuseCircles() {
  const done = new Set();
  const visit = (folder, path) => {
    if (path.includes(folder))
      throw new Error(`eslint.directions.js has a circle: ${[...path, folder].join(' → ')}`);
    if (done.has(folder)) return;
    const targets = MAY_IMPORT[folder];
    if (targets === undefined) throw new Error(`eslint.directions.js names ${folder}, which has no row.`);
    for (const target of targets) if (target !== folder) visit(target, [...path, folder]);
    done.add(folder);
  };
  for (const folder of Object.keys(MAY_IMPORT)) visit(folder, []);
}

refuseCircles();
