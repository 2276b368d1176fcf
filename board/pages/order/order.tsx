import { useState } from 'preact/hooks';
import type { OrderEvent, OrderView } from '../../../src/contracts/http/order.ts';
import { hasScope } from '../../api/session.ts';
import { shortId } from '../../lib/ids.ts';
import { useKeys } from '../../state/keys.ts';
import { useOrder } from '../../state/order.ts';
import { tell } from '../../state/toasts.ts';
import { useTexts } from '../../state/texts.ts';
import {
  ActionButton,
  Age,
  copy,
  Icon,
  Id,
  NeedsScope,
  ProblemNote,
  Skeleton,
  useTitle,
  When,
} from '../../ui/basics.tsx';
import { dialogOf, type ActionOf, type Opened } from '../../ui/dialog.tsx';
import {
  attentionAction,
  captureAction,
  refundable,
  reviewAction,
  WAY_KEYS,
} from '../../ui/order-actions.tsx';
import { OrderPills } from '../../ui/order-pills.tsx';
import { isCancellable } from './can-cancel.ts';
import { Crumbs } from './crumbs.tsx';
import { CustomerCard } from './customer-card.tsx';
import { RefundDialog, CancelDialog } from './dialogs.tsx';
import { Disputes } from './disputes.tsx';
import { Elsewhere } from './elsewhere.tsx';
import { Events } from './events.tsx';
import { Lines } from './lines.tsx';
import { Mails } from './mails.tsx';
import { Money } from './money.tsx';
import { Parked } from './parked.tsx';
import { Returns } from './returns.tsx';
import { Shipments } from './shipments.tsx';

export const OrderPage = ({ orderId }: { orderId: string }) => (
  <NeedsScope scope="orders:read">
    <Order key={orderId} orderId={orderId} />
  </NeedsScope>
);

function Order({ orderId }: { orderId: string }) {
  const { t } = useTexts();
  useTitle(shortId(orderId));
  const { order, events, problem, refresh } = useOrder(orderId);
  if (order === undefined) {
    if (problem === undefined) return <Skeleton rows={10} />;
    return problem.status === 404 ? (
      <>
        <Crumbs orderId={orderId} />
        <h1>{t('order.none')}</h1>
        <p class="muted">
          <Id id={orderId} whole />
        </p>
      </>
    ) : (
      <ProblemNote problem={problem} retry={refresh} />
    );
  }
  return (
    <>
      {problem && <ProblemNote problem={problem} retry={refresh} />}
      <Loaded order={order} events={events} refresh={refresh} />
    </>
  );
}

type Asked = 'refund' | 'cancel' | Opened;

function Loaded({
  order,
  events,
  refresh,
}: {
  order: OrderView;
  events: readonly OrderEvent[];
  refresh: () => void;
}) {
  const { t, f } = useTexts();
  const [asked, setAsked] = useState<Asked>();
  const ask = <T,>(action: ActionOf<T>) => {
    setAsked(dialogOf(action));
  };
  const { actions = [] } = order.attention ?? {};
  const canRefund = refundable(order) > 0 && hasScope('payments:write');
  const canCancel = hasScope('orders:write') && isCancellable(order);
  useKeys([
    ...(hasScope('orders:repair')
      ? actions.map((action) => ({
          keys: WAY_KEYS[action],
          label: t(`attention.${action}.verb`),
          run: () => {
            ask(attentionAction(order, action, refresh));
          },
        }))
      : []),
    ...(canRefund
      ? [
          {
            keys: 'm',
            label: t('order.refund'),
            run: () => {
              setAsked('refund');
            },
          },
        ]
      : []),
    ...(canCancel
      ? [
          {
            keys: 'c',
            label: t('order.cancel'),
            run: () => {
              setAsked('cancel');
            },
          },
        ]
      : []),
    {
      keys: 'y',
      label: t('keys.copyId'),
      run: () => {
        copy(order.orderId);
      },
    },
    {
      keys: 'Y',
      label: t('keys.copyLink'),
      run: () => {
        copy(location.href);
      },
    },
  ]);
  const close = () => {
    setAsked(undefined);
  };
  return (
    <>
      <div class="stack tight">
        <Crumbs orderId={order.orderId} />
        <div class="title">
          <div class="grow">
            <div class="row wrap">
              <h1 class="oid">
                <Id id={order.orderId} whole />
              </h1>
              <button
                type="button"
                class="btn icon sm plain"
                aria-label={t('keys.copyId')}
                onClick={() => {
                  copy(order.orderId);
                  tell(t('order.copied'));
                }}
              >
                <Icon name="copy" small />
              </button>
              <OrderPills order={order} large />
            </div>
            <p>
              {f.money(order.total, order.currency)}, {t('orders.lineCount', { n: order.lines.length })},{' '}
              {t('order.placed')} <When at={order.createdAt} />. {t('order.changedBefore')}{' '}
              <Age at={order.updatedAt} /> {t('order.changedAfter')}
            </p>
          </div>
          <div class="side-r">
            {order.status === 'in_review' &&
              (['approve', 'reject'] as const).map((decision) => (
                <ActionButton
                  key={decision}
                  scope="orders:review"
                  onClick={() => {
                    ask(reviewAction(order, decision, refresh));
                  }}
                >
                  {t(`review.${decision}.verb`)}…
                </ActionButton>
              ))}
            {order.payment.capturable > 0 && order.payment.status !== 'cancelled' && (
              <ActionButton
                scope="payments:write"
                onClick={() => {
                  ask(captureAction(order, refresh));
                }}
              >
                {t('order.capture')}
              </ActionButton>
            )}
            {refundable(order) > 0 && (
              <ActionButton
                scope="payments:write"
                shortcut="m"
                onClick={() => {
                  setAsked('refund');
                }}
              >
                {t('order.refund')}
              </ActionButton>
            )}
            {isCancellable(order) && (
              <ActionButton
                scope="orders:write"
                shortcut="c"
                onClick={() => {
                  setAsked('cancel');
                }}
              >
                {t('order.cancel')}
              </ActionButton>
            )}
          </div>
        </div>
      </div>
      <Parked order={order} ask={ask} refresh={refresh} />
      <div class="two">
        <div class="stack">
          <Lines order={order} />
          <Money order={order} events={events} />
          <Events events={events} order={order} />
        </div>
        <aside class="stack" aria-label={t('order.more')}>
          <CustomerCard order={order} />
          {order.shipments.length > 0 && <Shipments shipments={order.shipments} />}
          {order.returns.length > 0 && <Returns returns={order.returns} />}
          {order.disputes.length > 0 && <Disputes order={order} />}
          {hasScope('mails:read') && <Mails order={order} ask={ask} events={events.length} />}
          <Elsewhere order={order} />
        </aside>
      </div>
      {asked === 'refund' && <RefundDialog order={order} onDone={refresh} onClose={close} />}
      {asked === 'cancel' && <CancelDialog order={order} onDone={refresh} onClose={close} />}
      {typeof asked === 'object' && asked.show(close)}
    </>
  );
}
