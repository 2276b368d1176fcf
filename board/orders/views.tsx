import type { OrderView } from '../../src/contracts/http/order.ts';
import type { SavedView } from '../../src/contracts/http/order-lists.ts';
import { hrefOf, isSameFilter, type OrderFilter } from '../lib/router.ts';
import { found } from '../state/found.ts';
import { useTexts } from '../state/texts.ts';

/** Views that are one click away. Every other status is in the list of the filter. */
const VIEWS: readonly {
  filter: OrderFilter;
  text: 'orders.all' | `status.${OrderView['status']}` | 'flag.attention';
}[] = [
  { filter: {}, text: 'orders.all' },
  { filter: { attention: true }, text: 'flag.attention' },
  { filter: { status: 'in_review' }, text: 'status.in_review' },
  { filter: { status: 'awaiting_customer' }, text: 'status.awaiting_customer' },
  { filter: { status: 'payment_unknown' }, text: 'status.payment_unknown' },
  { filter: { status: 'paid' }, text: 'status.paid' },
  { filter: { status: 'shipped' }, text: 'status.shipped' },
];

/** The views that are always there, and then those that were saved. */
export function Views({ filter, saved }: { filter: OrderFilter; saved: readonly SavedView[] }) {
  const { t } = useTexts();
  const link = (key: string, view: OrderFilter, text: string, note = '') => (
    <a
      key={key}
      href={hrefOf({ page: 'orders', filter: view })}
      aria-current={isSameFilter(view, filter) ? 'page' : undefined}
      onClick={() => {
        found.set(undefined);
      }}
    >
      {text}
      {note !== '' && <span class="c">{note}</span>}
    </a>
  );
  return (
    <nav class="views" aria-label={t('orders.views')}>
      {VIEWS.map(({ filter: view, text }) => link(text, view, t(text)))}
      {saved.map(({ viewId, filter: view, name, isOwn }) =>
        link(viewId, view, name, isOwn ? '' : t('lists.viewSharedMark')),
      )}
    </nav>
  );
}
