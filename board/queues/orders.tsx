import type { OrderView } from '../../src/contracts/http/order.ts';
import { pathOf, send } from '../api/client.ts';
import { isCancellable } from '../lib/order-rules.ts';
import { attentionWays } from './attention.tsx';
import { Due, HOUR_MS } from './due.tsx';
import { askFor, type Row, type WayOf, money, orderBase } from './row.tsx';
import { texts, useTexts } from '../state/texts.ts';
import { Fact, Facts, Id, When } from '../ui/basics.tsx';
import { CancelDialog } from '../ui/actions/cancel-dialog.tsx';
import { CaptureDialog } from '../ui/actions/capture-dialog.tsx';

export function plainRow(order: OrderView): Row {
  return {
    ...orderBase(order),
    amount: money(order.total, order.currency),
    since: order.createdAt,
    inspect: () => <InspectPlain order={order} />,
  };
}

/** An order whose payment has no outcome: it is asked for again now, or ended. */
export const unknownRow = (order: OrderView): Row => ({
  ...plainRow(order),
  ways: [
    ...(order.attention ? attentionWays(order) : askWays(order)),
    ...(isCancellable(order) ? [cancelWay(order)] : []),
  ],
});

function askWays({ orderId, payment }: OrderView): WayOf[] {
  const { t } = texts();
  if (payment.paymentIntentId === undefined) return [];
  return [
    {
      key: 'r',
      scope: 'orders:repair',
      verb: t('way.ask.verb'),
      text: t('way.ask'),
      dialog: askFor(() => ({
        title: t('way.ask.verb'),
        what: [t('way.ask')],
        verb: t('way.ask.verb'),
        note: 'none',
        run: () => send<OrderView>('POST', pathOf('orders', orderId, 'payment-check')),
        result: () => t('way.ask.done'),
      })),
    },
  ];
}

function cancelWay(order: OrderView): WayOf {
  const { t } = texts();
  return {
    key: 'c',
    scope: 'orders:write',
    verb: t('way.cancelOrder.verb'),
    text: t('way.cancelOrder'),
    dialog: ({ onDone, onClose }) => (
      <CancelDialog
        order={order}
        onDone={() => {
          onDone(t('cancel.done'));
        }}
        onClose={onClose}
      />
    ),
  };
}

/** An order whose held money is not captured, with the end of the hold. */
export function holdRow(order: OrderView): Row {
  const { captureBefore } = order.payment;
  const { t } = texts();
  return {
    ...plainRow(order),
    amount: money(order.payment.capturable, order.currency),
    due: captureBefore !== undefined && <Due at={captureBefore} urgentMs={12 * HOUR_MS} />,
    ways: [
      {
        key: 'a',
        scope: 'payments:write',
        verb: t('order.capture').replace(/…$/, ''),
        text: t('capture.what', { amount: money(order.payment.capturable, order.currency) }),
        dialog: ({ onDone, onClose }) => (
          <CaptureDialog
            order={order}
            onDone={() => {
              onDone(t('capture.done'));
            }}
            onClose={onClose}
          />
        ),
      },
    ],
  };
}

function InspectPlain({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <Facts>
      <Fact name={t('orders.total')}>{f.money(order.total, order.currency)}</Fact>
      <Fact name={t('else.payment')}>
        {order.payment.paymentIntentId !== undefined && <Id id={order.payment.paymentIntentId} />}
      </Fact>
      <Fact name={t('attention.deadline')}>
        {order.payment.captureBefore !== undefined && <When at={order.payment.captureBefore} />}
      </Fact>
    </Facts>
  );
}
