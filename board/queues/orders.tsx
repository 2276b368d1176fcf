import type { OrderView } from '../../src/contracts/http/order.ts';
import type { ListedShipmentView } from '../../src/contracts/http/shipments.ts';
import { SHIPMENT_LOOK } from '../lib/status.ts';
import { Due, HOUR_MS } from './due.tsx';
import { type Row, money, orderBase } from './row.tsx';
import { textOr, texts, useTexts } from '../state/texts.ts';
import { Fact, Facts, Id, Pill, When } from '../ui/basics.tsx';
import { CaptureDialog } from '../ui/actions/capture-dialog.tsx';

export function plainRow(order: OrderView): Row {
  return {
    ...orderBase(order),
    amount: money(order.total, order.currency),
    since: order.createdAt,
    inspect: () => <InspectPlain order={order} />,
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

/** As the server counts the queue: not handed over after 48 hours, or not delivered after 14 days. */
export const isLate = ({ handedOverAt, createdAt }: ListedShipmentView, now: number): boolean =>
  handedOverAt === undefined
    ? now - Date.parse(createdAt) > 48 * HOUR_MS
    : now - Date.parse(handedOverAt) > 14 * 24 * HOUR_MS;

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

export function shipmentRow(shipment: ListedShipmentView): Row {
  return {
    id: shipment.shipmentId,
    to: { page: 'order', orderId: shipment.orderId },
    title: <Id id={shipment.orderId} />,
    state: (
      <Pill {...SHIPMENT_LOOK[shipment.status]}>
        {textOr(`shipment.${shipment.status}`, shipment.status)}
      </Pill>
    ),
    since: shipment.handedOverAt ?? shipment.createdAt,
    due: shipment.carrier ?? shipment.location,
    inspect: () => (
      <Facts>
        <Fact name={shipment.location}>
          {shipment.lines.map(({ quantity, sku }) => `${quantity} × ${sku}`).join(', ')}
        </Fact>
        <Fact name={shipment.carrier ?? ''}>{shipment.trackingCode}</Fact>
      </Facts>
    ),
  };
}
