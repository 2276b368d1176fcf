import { useState } from 'preact/hooks';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import type { CountPreview } from '../../src/contracts/http/stock-movements.ts';
import { get, pathOf, send, withQuery } from '../api/client.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { useTexts } from '../state/texts.ts';
import { Id, ProblemNote } from './basics.tsx';
import { ActionDialog, type ActionOf } from './dialog.tsx';

const ROWS = ['onHand', 'available', 'held', 'committed', 'unavailable', 'oversold'] as const;

/** Counts or corrects what is there: what each count is before and after, and the orders that would be short. */
export function CountDialog({
  item,
  location,
  onDone,
  onClose,
}: {
  item: StockItem;
  location: string;
  onDone: () => void;
  onClose: () => void;
}) {
  const { t, f } = useTexts();
  const level = item.locations.find((candidate) => candidate.location === location);
  const before = level?.onHand ?? 0;
  const [typed, setTyped] = useState(String(before));
  const count = /^\d{1,10}$/.test(typed.trim()) ? Number(typed.trim()) : undefined;
  const preview = useData(`count ${item.sku} ${location} ${count ?? before}`, (signal) =>
    get<CountPreview>(
      withQuery(`${pathOf('stock', item.sku)}/count-preview`, { location, onHand: count ?? before }),
      signal,
    ),
  );
  const short = preview.data?.shortPieces ?? 0;
  // Not before it is known: a count may leave orders short.
  const isKnown = preview.data !== undefined || preview.problem !== undefined;
  const action: ActionOf<unknown> = {
    title: t('stock.countTitle', { sku: item.sku, location }),
    what: [
      t('stock.countWhat', { before: f.count(before), after: count === undefined ? '–' : f.count(count) }),
      ...(preview.data ? [short > 0 ? t('count.short', { n: short }) : t('count.enough')] : []),
    ],
    verb: t('stock.countVerb', { n: count ?? 0 }),
    isDanger: short > 0,
    note: 'none',
    fields: {
      isComplete: () => count !== undefined && count !== before && isKnown,
      render: () => (
        <>
          <div class="field">
            <label for="on-hand">{t('stock.onHandNow')}</label>
            <input
              id="on-hand"
              class="input"
              inputMode="numeric"
              autoComplete="off"
              data-focus
              value={typed}
              onInput={(event) => {
                setTyped(event.currentTarget.value);
              }}
            />
            <p class="hint">{t('stock.onHandHint')}</p>
          </div>
          {preview.problem && <ProblemNote problem={preview.problem} retry={preview.refresh} />}
          {preview.data && <BeforeAndAfter preview={preview.data} />}
        </>
      ),
    },
    run: () =>
      send('PUT', pathOf('stock', item.sku), {
        body: {
          title: item.title,
          unitPrice: item.unitPrice,
          currency: item.currency,
          onHand: count,
          location,
          ...(item.weightGrams !== undefined && { weightGrams: item.weightGrams }),
          ...(level?.lowAt !== undefined && { lowAt: level.lowAt }),
          ...(level?.rearmAt !== undefined && { rearmAt: level.rearmAt }),
        },
      }),
    result: () => t('stock.countDone', { sku: item.sku }),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}

function BeforeAndAfter({ preview: { before, after, short } }: { preview: CountPreview }) {
  const { t, f } = useTexts();
  const name = (row: (typeof ROWS)[number]) => (row === 'oversold' ? t('count.oversold') : t(`stock.${row}`));
  return (
    <>
      <table class="ledger in change">
        <thead>
          <tr>
            <th>
              <span class="sr">{t('stock.parts')}</span>
            </th>
            <th class="num">{t('count.before')}</th>
            <th class="num">{t('count.after')}</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map((row) => (
            <tr key={row}>
              <td>{name(row)}</td>
              <td class="num">{f.count(before[row])}</td>
              <td class={`num ${before[row] === after[row] ? 'faint' : 'strong'}`}>{f.count(after[row])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {short.length > 0 && (
        <div>
          <h3>{t('count.orders')}</h3>
          <ul class="list">
            {short.slice(0, 20).map(({ orderId, state, quantity }, index) => (
              <li key={index}>
                {orderId === undefined ? (
                  <span class="muted">{t('count.foreign')}</span>
                ) : (
                  <a href={hrefOf({ page: 'order', orderId })}>
                    <Id id={orderId} />
                  </a>
                )}
                <span class="age">
                  {t('count.shortBy', { n: quantity })}, {t(`stock.${state}`)}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
