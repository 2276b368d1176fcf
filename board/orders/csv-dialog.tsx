import { useState } from 'preact/hooks';
import type { OrderCount } from '../../src/contracts/http/order-lists.ts';
import { withQuery } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import { queryOf, type OrderFilter } from '../lib/router.ts';
import { useTexts } from '../state/texts.ts';
import { Dialog } from '../ui/dialog.tsx';

/** Downloads what the filters let through. The browser writes the file while the server reads, so that its size does not matter. */
export function CsvDialog({
  filter,
  count,
  onClose,
}: {
  filter: OrderFilter;
  count: OrderCount | undefined;
  onClose: () => void;
}) {
  const { t, f } = useTexts();
  const [withCustomers, setWithCustomers] = useState(false);
  const mayReveal = hasScope('customers:reveal');
  return (
    <Dialog title={t('lists.csvTitle')} onClose={onClose}>
      <div class="body">
        <p>{t('lists.csvWhat')}</p>
        <label class="row" title={mayReveal ? undefined : t('denied.action', { scope: 'customers:reveal' })}>
          <input
            type="checkbox"
            checked={withCustomers}
            aria-disabled={!mayReveal}
            onClick={(event) => {
              if (!mayReveal) event.preventDefault();
            }}
            onChange={(event) => {
              if (mayReveal) setWithCustomers(event.currentTarget.checked);
            }}
          />
          {t('lists.csvCustomers')}
        </label>
        {!mayReveal && <p class="hint">{t('denied.action', { scope: 'customers:reveal' })}</p>}
      </div>
      <footer>
        <span class="grow" />
        <button type="button" class="btn" onClick={onClose}>
          {t('action.leave')}
        </button>
        <a
          class="btn primary"
          data-focus
          download
          href={withQuery('/v1/orders/export', {
            ...queryOf(filter),
            ...(withCustomers && { customers: true }),
          })}
          onClick={() => {
            setTimeout(onClose, 0);
          }}
        >
          {count === undefined || count.isEstimate
            ? t('lists.csvVerb')
            : t('lists.csvVerbN', { count: f.count(count.count) })}
        </a>
      </footer>
    </Dialog>
  );
}
