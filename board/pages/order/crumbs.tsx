import { shortId } from '../../lib/ids.ts';
import { useKeys } from '../../state/keys.ts';
import { go, trail } from '../../state/navigation.ts';
import { useStore } from '../../lib/store.ts';
import { useTexts } from '../../state/texts.ts';
import { Icon } from '../../ui/basics.tsx';

/** The path back, with the place in the list that the order was opened from. */
export function Crumbs({ orderId }: { orderId: string }) {
  const { t, f } = useTexts();
  const { from, title, ids } = useStore(trail);
  const at = ids.indexOf(orderId);
  const step = (by: number) => {
    const next = ids[at + by];
    if (at !== -1 && next !== undefined) go({ page: 'order', orderId: next }, { replace: true });
  };
  useKeys([
    {
      keys: 'u',
      label: t('keys.back'),
      run: () => {
        go(from);
      },
    },
    {
      keys: 'j',
      label: t('keys.next'),
      run: () => {
        step(1);
      },
    },
    {
      keys: 'k',
      label: t('keys.previous'),
      run: () => {
        step(-1);
      },
    },
  ]);
  return (
    <nav class="crumbs" aria-label={t('order.path')}>
      <a href={from}>{title === '' ? t('nav.orders') : title}</a>
      <Icon name="right" small />
      {at === -1 ? (
        <span>{shortId(orderId)}</span>
      ) : (
        <>
          <span>{t('order.place', { at: f.count(at + 1), all: f.count(ids.length) })}</span>
          {at + 1 < ids.length && (
            <span class="only-wide row" aria-hidden="true">
              <kbd>j</kbd> {t('order.next')}
            </span>
          )}
        </>
      )}
    </nav>
  );
}
