import { hrefOf, type Route } from '../../../board/lib/router.ts';
import { QUEUES } from '../../../board/lib/queues.ts';

/** The orders whose pages are shown: each has other parts. */
export const ORDER_KINDS = ['delivered', 'parked', 'review', 'disputed', 'held'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/** What there is to show, in the system that is opened. */
export interface Samples {
  /** The id of an order of each kind. */
  readonly orders: Readonly<Record<OrderKind, string>>;
  readonly sku: string;
  readonly deadLetterId: string;
  readonly endpointId: string;
  readonly auditId: string;
  readonly batchId: string;
}

/** A page at one address. */
export interface ShownPage {
  /** Of its picture. */
  readonly name: string;
  readonly route: Route;
}

/** The pages of each route of the board. A route without an entry here does not compile, and fails a test. */
export const PAGES: { readonly [P in Route['page']]: (samples: Samples) => readonly ShownPage[] } = {
  now: () => [{ name: 'now', route: { page: 'now' } }],
  'sign-in': () => [{ name: 'sign-in', route: { page: 'sign-in' } }],
  queues: () => QUEUES.map((queue) => ({ name: `queue-${queue}`, route: { page: 'queues', queue } })),
  orders: () => [{ name: 'orders', route: { page: 'orders', filter: {} } }],
  order: ({ orders }) =>
    ORDER_KINDS.map((kind) => ({ name: `order-${kind}`, route: { page: 'order', orderId: orders[kind] } })),
  stock: ({ sku }) => [
    { name: 'stock', route: { page: 'stock' } },
    { name: 'stock-item', route: { page: 'stock', sku } },
  ],
  'dead-letters': ({ deadLetterId: id }) => [
    { name: 'dead-letters', route: { page: 'dead-letters' } },
    { name: 'dead-letter', route: { page: 'dead-letters', id } },
  ],
  webhooks: ({ endpointId: id }) => [
    { name: 'webhooks', route: { page: 'webhooks' } },
    { name: 'webhook', route: { page: 'webhooks', id } },
  ],
  audits: ({ auditId: id }) => [
    { name: 'audits', route: { page: 'audits' } },
    { name: 'audit', route: { page: 'audits', id } },
  ],
  batches: ({ batchId: id }) => [
    { name: 'batches', route: { page: 'batches' } },
    { name: 'batch', route: { page: 'batches', id } },
  ],
  brakes: () => [{ name: 'brakes', route: { page: 'brakes' } }],
  log: () => [{ name: 'log', route: { page: 'log' } }],
  settings: () => [{ name: 'settings', route: { page: 'settings' } }],
  unknown: () => [{ name: 'unknown', route: { page: 'unknown' } }],
};

/** Every page, in the sequence of the navigation. */
export const pagesOf = (samples: Samples): ShownPage[] =>
  Object.values(PAGES).flatMap((pages) => [...pages(samples)]);

/** The address of a page. Only the one that does not exist has none. */
export const addressOf = ({ route }: ShownPage): string =>
  route.page === 'unknown' ? '/board/no-such-page' : hrefOf(route);

/** Without a system: for the names of the pages. */
export const NO_SAMPLES: Samples = {
  orders: { delivered: '', parked: '', review: '', disputed: '', held: '' },
  sku: '',
  deadLetterId: '',
  endpointId: '',
  auditId: '',
  batchId: '',
};
