import type { ReturnView } from '../../../src/contracts/http/returns.ts';
import { hrefOf } from '../../lib/router.ts';
import { useTexts } from '../../state/texts.ts';
import { decisionsOf } from '../../ui/actions/return-actions.ts';
import { ActionButton, Card, Id, Pill, When } from '../../ui/basics.tsx';
import type { Dialogs } from './dialogs.tsx';

/** The returns of the order, what has arrived of them, and what can be decided. */
export function Returns({ returns, dialogs }: { returns: readonly ReturnView[]; dialogs: Dialogs }) {
  const { t, f } = useTexts();
  return (
    <Card title={t('returns.title')} more={f.count(returns.length)}>
      {returns.map((view) => (
        <Return key={view.returnId} view={view} dialogs={dialogs} />
      ))}
    </Card>
  );
}

function Return({ view, dialogs }: { view: ReturnView; dialogs: Dialogs }) {
  const { t } = useTexts();
  const isExpected =
    view.status === 'open' &&
    view.lines.some(({ quantity, received, missing }) => quantity > received + missing);
  return (
    <div class="ship">
      <div class="row wrap">
        <b class="strong">{t('returns.number', { n: view.number })}</b>
        <span class="grow" />
        <Pill
          colour={view.status === 'requested' ? 'violet' : view.status === 'open' ? 'blue' : 'grey'}
          icon="box"
        >
          {t(`return.${view.status}`)}
        </Pill>
      </div>
      <ul>
        {view.lines.map(({ line, sku, quantity, received, missing }) => (
          <li key={line} class="muted">
            {quantity} × {sku}, {t('returns.received', { n: received })}
            {missing > 0 && <>, {t('returns.missing', { n: missing })}</>}
          </li>
        ))}
      </ul>
      {view.reason !== undefined && <q class="muted">“{view.reason}”</q>}
      {view.note !== undefined && <q class="muted">“{view.note}”</q>}
      {view.receipts.length > 0 && (
        <ol class="journey">
          {view.receipts.map((receipt, index) => (
            <li key={index}>
              <When at={receipt.at} />
              <span>
                {receipt.quantity} × {view.lines.find(({ line }) => line === receipt.line)?.sku},{' '}
                {t(`disposition.${receipt.disposition}`)}, {receipt.location}
              </span>
            </li>
          ))}
        </ol>
      )}
      {view.exchange && (
        <p class="muted">
          {t('returns.exchange')}{' '}
          {view.exchange.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')}{' '}
          {view.exchange.orderId !== undefined && (
            <a href={hrefOf({ page: 'order', orderId: view.exchange.orderId })}>
              <Id id={view.exchange.orderId} />
            </a>
          )}
        </p>
      )}
      <div class="row between faint">
        <span>
          {view.carrier} {view.trackingCode !== undefined && <Id id={view.trackingCode} />}
        </span>
        <When at={view.createdAt} />
      </div>
      <div class="acts">
        {isExpected && (
          <ActionButton
            scope="returns:write"
            class="sm"
            onClick={() => {
              dialogs.receive(view);
            }}
          >
            {t('returns.receive.way')}…
          </ActionButton>
        )}
        {decisionsOf(view).map((action) => (
          <ActionButton
            key={action}
            scope="returns:write"
            class="sm"
            onClick={() => {
              dialogs.decideReturn(view, action);
            }}
          >
            {t(`returnAction.${action}.verb`)}…
          </ActionButton>
        ))}
      </div>
    </div>
  );
}
