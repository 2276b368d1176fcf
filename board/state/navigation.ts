import { hrefOf, parseRoute, type Route } from '../lib/router.ts';
import { createStore } from '../lib/store.ts';

const present = () => parseRoute(location.pathname, location.search);

export const route = createStore<Route>(present());
addEventListener('popstate', () => {
  route.set(present());
});

/** Shows another page. `replace`: the back button does not return to the present one. */
export function go(to: Route | string, { replace = false } = {}): void {
  const href = typeof to === 'string' ? to : hrefOf(to);
  const isOtherPage = new URL(href, location.href).pathname !== location.pathname;
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  route.set(present());
  if (isOtherPage && !replace) scrollTo(0, 0);
}

/** Links within the board change the page without loading it anew. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.origin !== location.origin) return;
  if (!/^\/board(\/|$)/.test(link.pathname) || link.hash !== '') return;
  event.preventDefault();
  go(link.pathname + link.search);
}

/** The ids of the list from which an order was opened, for the next and the previous one. */
export const trail = createStore<{ from: string; title: string; ids: readonly string[] }>({
  from: '/board/orders',
  title: '',
  ids: [],
});
