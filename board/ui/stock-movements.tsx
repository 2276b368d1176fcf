import { useState } from 'preact/hooks';
import type { StockMovement } from '../../src/contracts/http/stock-movements.ts';
import { get, pathOf, withQuery, type Page } from '../api/client.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { ActorName } from './actor.tsx';
import { Block, Id, When } from './basics.tsx';

const PAGE = 20;
const MOST = 100;
const PARTS = ['available', 'held', 'committed', 'unavailable'] as const;

/** What has happened to the stock of an item, newest first. `changed`: read again when it is another. */
export function StockMovements({ sku, changed }: { sku: string; changed: string }) {
  const { t } = useTexts();
  const [limit, setLimit] = useState(PAGE);
  const movements = useData(`movements ${sku} ${limit} ${changed}`, (signal) =>
    get<Page<StockMovement>>(withQuery(`${pathOf('stock', sku)}/movements`, { limit }), signal),
  );
  return (
    <section aria-labelledby="movements">
      <h3 id="movements">{t('move.title')}</h3>
      <Block of={movements} rows={4}>
        {({ data, nextCursor }) => (
          <>
            {data.length === 0 && <p class="quiet">{t('move.none')}</p>}
            <ol class="tl in moves">
              {data.map((movement) => (
                <Movement key={movement.movementId} movement={movement} />
              ))}
            </ol>
            {nextCursor !== undefined && limit < MOST && (
              <button
                type="button"
                class="btn sm"
                onClick={() => {
                  setLimit(Math.min(MOST, limit * 2));
                }}
              >
                {t('move.older')}
              </button>
            )}
          </>
        )}
      </Block>
    </section>
  );
}

function Movement({ movement }: { movement: StockMovement }) {
  const { t, f } = useTexts();
  const { at, kind, location, orderId, reference, reason, actor } = movement;
  const changes = PARTS.filter((part) => movement[part] !== 0).map((part) => {
    const by = movement[part];
    return t('move.change', {
      part: t(`stock.${part}`),
      change: `${by > 0 ? '+' : '−'}${f.count(Math.abs(by))}`,
    });
  });
  return (
    <li>
      <When at={at} />
      <span class={`pt ${kind === 'shipped' || kind === 'committed' ? 'good' : ''}`} />
      <span>
        {t(`move.${kind}`)}, {location}
        {reason !== undefined && <span class="faint"> {textOr(`move.reason.${reason}`, reason)}</span>}
        <div class="muted">{changes.join(', ')}</div>
        {orderId !== undefined && (
          <a href={hrefOf({ page: 'order', orderId })}>
            <Id id={orderId} />
          </a>
        )}
        {reference !== undefined && (
          <span class="faint">
            {' '}
            <Id id={reference} />
          </span>
        )}
        {actor && (
          <div>
            <ActorName of={actor} />
          </div>
        )}
      </span>
    </li>
  );
}
