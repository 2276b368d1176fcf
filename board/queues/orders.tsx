import type { OrderView } from '../../src/contracts/http/order.ts';
import type { ListedShipmentView } from '../../src/contracts/http/shipments.ts';
import { SHIPMENT_LOOK } from '../lib/status.ts';
import { type Row, money, orderBase } from './row.tsx';
import { textOr, useTexts } from '../state/texts.ts';
import { Fact, Facts, Id, Pill, When } from '../ui/basics.tsx';

export function plainRow(order: OrderView): Row {
  return {
    ...orderBase(order),
    amount: money(order.total, order.currency),
    since: order.createdAt,
    inspect: () => <InspectPlain order={order} />,
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
