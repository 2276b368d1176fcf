import type { OrderView } from '../../../src/contracts/http/order.ts';
import { pathOf, send } from '../../api/client.ts';
import { areLinesCancellable, unsent } from '../../lib/order-rules.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionDialog, type ActionOf } from '../dialog.tsx';
import { LineQuantities, useQuantities } from './line-quantities.tsx';
import type { OrderDialogProps } from './order-dialog.ts';

/** Cancels the whole order, or some pieces of it. */
export function CancelDialog({ order, onDone, onClose }: OrderDialogProps) {
  const { t } = useTexts();
  const pieces = useQuantities(
    order.lines.map((line) => ({ ...line, most: unsent(line) })),
    'all',
  );
  const n = pieces.pieces;
  const areLines = areLinesCancellable(order);
  const isWhole = pieces.isAll && order.lines.every(({ shipped }) => shipped === 0);
  const action: ActionOf<OrderView> = {
    title: isWhole ? t('cancel.title') : t('cancel.titleLines', { n }),
    what: [
      t('cancel.stock'),
      t(order.payment.captured > 0 || order.payment.capturable > 0 ? 'cancel.money' : 'cancel.unpaid'),
      isWhole ? t('cancel.ends') : t('cancel.goesOn'),
    ],
    verb: isWhole ? t('cancel.verb') : t('cancel.verbLines', { n }),
    isDanger: true,
    note: 'required',
    ...(areLines && {
      fields: {
        isComplete: () => n > 0,
        render: () => <LineQuantities of={pieces} heading={t('cancel.pieces')} />,
      },
    }),
    run: ({ note, key }) =>
      send('POST', pathOf('orders', order.orderId, 'cancel'), {
        body: {
          ...(!isWhole && { lines: pieces.quantities }),
          ...(note !== undefined && { reason: note }),
        },
        idempotencyKey: key,
      }),
    result: () => t('cancel.done'),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
