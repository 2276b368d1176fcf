import type { ShipmentView } from '../../../src/contracts/http/shipments.ts';
import { pathOf, send } from '../../api/client.ts';
import { texts } from '../../state/texts.ts';
import type { ActionOf } from '../dialog.tsx';

export type ShipmentAction = 'hold' | 'release' | 'cancel' | 'deliver' | 'reship' | 'refund';

const OPEN: readonly ShipmentView['status'][] = ['pending', 'allocated', 'label_bought', 'on_hold'];

/** What can be done with a shipment in its state: until it is handed over, and afterwards. */
export function actionsOf({ status }: Pick<ShipmentView, 'status'>): ShipmentAction[] {
  if (OPEN.includes(status)) return [status === 'on_hold' ? 'release' : 'hold', 'cancel'];
  if (status === 'delivered') return ['reship', 'refund'];
  return status === 'cancelled' || status === 'lost' ? [] : ['deliver', 'reship', 'refund'];
}

/** Whether the warehouse may still report that it was handed over. */
export const isReportable = ({ status }: Pick<ShipmentView, 'status'>): boolean => OPEN.includes(status);

export function shipmentAction(
  orderId: string,
  shipment: ShipmentView,
  action: ShipmentAction,
  onDone: () => void,
): ActionOf<ShipmentView> {
  const { t } = texts();
  const n = shipment.number;
  const isLost = action === 'reship' || action === 'refund';
  return {
    title: t(`shipAction.${action}.title`, { n: String(n) }),
    what: [
      t(`shipAction.${action}.what`),
      t(`shipAction.${action}.money`),
      t(`shipAction.${action}.customer`),
    ],
    verb: t(`shipAction.${action}.title`, { n: String(n) }),
    isDanger: action === 'cancel' || isLost,
    note: 'optional',
    run: ({ note }) =>
      isLost
        ? send('POST', pathOf('orders', orderId, 'shipments', shipment.shipmentId, 'lost'), {
            body: { action, ...(note !== undefined && { reason: note }) },
          })
        : send('POST', pathOf('orders', orderId, 'shipments', shipment.shipmentId, action), {
            ...(note !== undefined && { body: { reason: note } }),
          }),
    result: ({ status }) => t('shipAction.done', { n: String(n), status: t(`shipment.${status}`) }),
    onDone,
  };
}
