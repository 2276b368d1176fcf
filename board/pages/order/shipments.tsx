import type { ShipmentView } from '../../../src/contracts/http/shipments.ts';
import { SHIPMENT_LOOK } from '../../lib/status.ts';
import { useTexts } from '../../state/texts.ts';
import { Card, Id, Pill, When } from '../../ui/basics.tsx';

const TRACK = ['allocated', 'label_bought', 'handed_over', 'in_transit', 'delivered'] as const;
const REACHED: Readonly<Partial<Record<ShipmentView['status'], number>>> = {
  pending: -1,
  allocated: 0,
  label_bought: 1,
  handed_over: 2,
  in_transit: 3,
  out_for_delivery: 3,
  delivered: 4,
};

export function Shipments({ shipments }: { shipments: readonly ShipmentView[] }) {
  const { t } = useTexts();
  return (
    <Card title={t('ship.title')} more={String(shipments.length)}>
      {shipments.map((shipment) => {
        const reached = REACHED[shipment.status];
        const at = shipment.deliveredAt ?? shipment.handedOverAt ?? shipment.createdAt;
        return (
          <div key={shipment.shipmentId} class="ship">
            <div class="row wrap">
              <b class="strong">{shipment.location}</b>
              <span class="muted">
                {shipment.lines.map(({ quantity, sku }) => `${quantity} × ${sku}`).join(', ')}
              </span>
              <span class="grow" />
              <Pill {...SHIPMENT_LOOK[shipment.status]}>{t(`shipment.${shipment.status}`)}</Pill>
            </div>
            {reached !== undefined && (
              <ol class="track">
                {TRACK.map((step, index) => (
                  <li
                    key={step}
                    class={index < reached || reached === 4 ? 'done' : index === reached ? 'now' : ''}
                  >
                    {t(`track.${step}`)}
                  </li>
                ))}
              </ol>
            )}
            <div class="row between faint">
              <span>
                {shipment.carrier}{' '}
                {shipment.trackingCode !== undefined &&
                  (shipment.trackingUrl === undefined ? (
                    <Id id={shipment.trackingCode} />
                  ) : (
                    <a href={shipment.trackingUrl} target="_blank" rel="noreferrer">
                      <Id id={shipment.trackingCode} />
                    </a>
                  ))}
              </span>
              <When at={at} />
            </div>
          </div>
        );
      })}
    </Card>
  );
}
