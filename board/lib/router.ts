/** The address of every page. Personal data is never part of it. */
export type Route =
  | { page: 'now' }
  | { page: 'sign-in' }
  | { page: 'queues'; queue: string; focus?: string }
  | { page: 'orders'; filter: OrderFilter }
  | { page: 'order'; orderId: string }
  | { page: 'stock'; show?: string; q?: string; sku?: string }
  | { page: 'dead-letters'; state?: string; id?: string }
  | { page: 'webhooks'; id?: string }
  | { page: 'audits'; id?: string }
  | { page: 'brakes' }
  | { page: 'batches'; id?: string }
  | { page: 'log' }
  | { page: 'settings' }
  | { page: 'unknown' };

export interface OrderFilter {
  status?: string;
  attention?: boolean;
  q?: string;
  /** An authorisation ends soon and is not captured. */
  holdEndsSoon?: boolean;
  /** Placed within the last so long, such as `24h`. */
  createdWithin?: string;
  /** Times of saved views: RFC 3339. */
  createdAfter?: string;
  createdBefore?: string;
}

export const BASE = '/board';

/** The route of an address. `path` with or without the base; `search` as of `location.search`. */
export function parseRoute(path: string, search = ''): Route {
  const query = new URLSearchParams(search);
  const given = (name: string) => query.get(name) || undefined;
  const [page = '', item, ...rest] = path
    .replace(/^\/board(?=\/|$)/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  if (rest.length > 0) return { page: 'unknown' };
  switch (page) {
    case '':
      return { page: 'now' };
    case 'sign-in':
    case 'brakes':
    case 'log':
    case 'settings':
      return item === undefined ? { page } : { page: 'unknown' };
    case 'queues':
      return withDefined({ page, queue: item ?? 'attention' }, { focus: given('focus') });
    case 'orders':
      if (item !== undefined) return { page: 'order', orderId: item };
      return {
        page,
        filter: withDefined(
          {},
          {
            status: given('status'),
            attention: query.get('attention') === 'true' ? true : undefined,
            q: given('q'),
            holdEndsSoon: query.get('holdEndsSoon') === 'true' ? true : undefined,
            createdWithin: given('createdWithin'),
            createdAfter: given('createdAfter'),
            createdBefore: given('createdBefore'),
          },
        ),
      };
    case 'stock':
      return withDefined({ page }, { show: given('show'), q: given('q'), sku: item });
    case 'dead-letters':
      return withDefined({ page }, { state: given('state'), id: item });
    case 'webhooks':
    case 'audits':
    case 'batches':
      return withDefined({ page }, { id: item });
    default:
      return { page: 'unknown' };
  }
}

/** The address of a route, with the base. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case 'now':
    case 'unknown':
      return BASE;
    case 'sign-in':
    case 'brakes':
    case 'log':
    case 'settings':
      return `${BASE}/${route.page}`;
    case 'queues':
      return `${BASE}/queues/${encodeURIComponent(route.queue)}${searchOf({ focus: route.focus })}`;
    case 'orders':
      return `${BASE}/orders${searchOf(queryOf(route.filter))}`;
    case 'order':
      return `${BASE}/orders/${encodeURIComponent(route.orderId)}`;
    case 'stock':
      return `${BASE}/stock${partOf(route.sku)}${searchOf({ show: route.show, q: route.q })}`;
    case 'dead-letters':
      return `${BASE}/dead-letters${partOf(route.id)}${searchOf({ state: route.state })}`;
    case 'webhooks':
    case 'audits':
    case 'batches':
      return `${BASE}/${route.page}${partOf(route.id)}`;
  }
}

/** The filter as it stands in the URL, of the board and of the API. Two filters that mean the same are the same text. */
export const queryOf = ({
  status,
  attention,
  holdEndsSoon,
  createdWithin,
  createdAfter,
  createdBefore,
  q,
}: OrderFilter): Record<string, string | undefined> => ({
  status,
  attention: attention === undefined ? undefined : String(attention),
  holdEndsSoon: holdEndsSoon === undefined ? undefined : String(holdEndsSoon),
  createdWithin,
  createdAfter,
  createdBefore,
  q,
});

export const isSameFilter = (a: OrderFilter, b: OrderFilter): boolean =>
  JSON.stringify(queryOf(a)) === JSON.stringify(queryOf(b));

const partOf = (item: string | undefined): string =>
  item === undefined ? '' : `/${encodeURIComponent(item)}`;

function searchOf(values: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `base` with those of `values` that are given. */
export function withDefined<B extends object, V extends Record<string, unknown>>(base: B, values: V) {
  const defined = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return { ...base, ...defined } as B & { [K in keyof V]?: Exclude<V[K], undefined> };
}
