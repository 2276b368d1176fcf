import { useState } from 'preact/hooks';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import type { ShipmentView } from '../../../src/contracts/http/shipments.ts';
import { pathOf, send } from '../../api/client.ts';
import { unsent } from '../../lib/order-rules.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionDialog, type ActionOf } from '../dialog.tsx';
import { TextField } from './fields.tsx';
import { LineQuantities, useQuantities } from './line-quantities.tsx';
import type { OrderDialogProps } from './order-dialog.ts';

/** What the warehouse has handed over to a carrier. `planned`: a shipment that was planned with these pieces. */
export function ReportShipmentDialog({
  order,
  planned,
  onDone,
  onClose,
}: Omit<OrderDialogProps, 'order'> & {
  order: Pick<OrderView, 'orderId' | 'lines'>;
  planned?: ShipmentView;
}) {
  const { t } = useTexts();
  const [carrier, setCarrier] = useState(planned?.carrier ?? '');
  const [trackingCode, setTrackingCode] = useState(planned?.trackingCode ?? '');
  const [location, setLocation] = useState(planned?.location ?? '');
  const pieces = useQuantities(
    planned
      ? planned.lines.map(({ line, sku, quantity }) => ({ line, sku, most: quantity }))
      : order.lines.map((line) => ({ ...line, most: unsent(line) })),
    'all',
  );
  const isCode = /^[A-Za-z0-9._ -]{1,100}$/.test(trackingCode.trim());
  const action: ActionOf<ShipmentView> = {
    title: t('report.title', { n: pieces.pieces }),
    what: [t('report.stock'), t('report.money'), t('report.customer')],
    verb: t('report.verb', { n: pieces.pieces }),
    note: 'none',
    fields: {
      isComplete: () => pieces.pieces > 0 && carrier.trim() !== '' && isCode,
      render: () => (
        <>
          <LineQuantities of={pieces} heading={t('report.pieces')} />
          <div class="pair">
            <TextField
              label={t('report.carrier')}
              value={carrier}
              onInput={setCarrier}
              hasFocus
              maxLength={100}
              hint={t('report.carrierHint')}
            />
            <TextField
              label={t('report.code')}
              value={trackingCode}
              onInput={setTrackingCode}
              maxLength={100}
              isBad={trackingCode !== '' && !isCode}
            />
            <TextField
              label={t('report.location')}
              value={location}
              onInput={setLocation}
              maxLength={64}
              hint={t('report.locationHint')}
            />
          </div>
        </>
      ),
    },
    run: ({ key }) =>
      send('POST', pathOf('orders', order.orderId, 'shipments'), {
        body: {
          lines: pieces.quantities,
          carrier: carrier.trim(),
          trackingCode: trackingCode.trim(),
          ...(location.trim() !== '' && { location: location.trim() }),
        },
        idempotencyKey: key,
      }),
    result: ({ number }) => t('report.done', { n: number }),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
