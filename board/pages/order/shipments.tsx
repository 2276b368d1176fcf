import type { ShipmentView } from '../../../src/contracts/http/shipments.ts';
import { SHIPMENT_LOOK } from '../../lib/status.ts';
import { useTexts } from '../../state/texts.ts';
import { actionsOf, isReportable } from '../../ui/actions/shipment-actions.ts';
import { ActionButton, Card, Id, Pill, When } from '../../ui/basics.tsx';
import { External } from '../../ui/external.tsx';
import type { Dialogs } from './dialogs.tsx';

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

/** The shipments of the order, how far each is, what the carrier has said of it, and what can be done. */
export function Shipments({ shipments, dialogs }: { shipments: readonly ShipmentView[]; dialogs: Dialogs }) {
  const { t, f } = useTexts();
  return (
    <Card title={t('ship.title')} more={f.count(shipments.length)}>
      {shipments.map((shipment) => (
        <Shipment key={shipment.shipmentId} shipment={shipment} dialogs={dialogs} />
      ))}
    </Card>
  );
}

function Shipment({ shipment, dialogs }: { shipment: ShipmentView; dialogs: Dialogs }) {
  const { t } = useTexts();
  const { status, location, lines, replaces } = shipment;
  return (
    <div class="ship">
      <div class="row wrap">
        <b class="strong">{location}</b>
        <span class="muted">{lines.map(({ quantity, sku }) => `${quantity} × ${sku}`).join(', ')}</span>
        <span class="grow" />
        <Pill {...SHIPMENT_LOOK[status]}>{t(`shipment.${status}`)}</Pill>
      </div>
      <Track status={status} />
      <div class="row between wrap faint">
        <span>
          {shipment.carrier} <Code shipment={shipment} />
        </span>
        <When at={shipment.deliveredAt ?? shipment.handedOverAt ?? shipment.createdAt} />
      </div>
      {replaces !== undefined && <p class="faint">{t('ship.replaces')}</p>}
      <Journey shipment={shipment} />
      <div class="acts">
        {isReportable(shipment) && (
          <ActionButton
            scope="fulfilment:write"
            class="sm"
            onClick={() => {
              dialogs.report(shipment);
            }}
          >
            {t('shipAction.report.verb')}…
          </ActionButton>
        )}
        {actionsOf(shipment).map((action) => (
          <ActionButton
            key={action}
            scope="fulfilment:write"
            class="sm"
            onClick={() => {
              dialogs.shipment(shipment, action);
            }}
          >
            {t(`shipAction.${action}.verb`)}…
          </ActionButton>
        ))}
      </div>
    </div>
  );
}

/** How far a shipment is on its way. Nothing for one that is not on it. */
function Track({ status }: Pick<ShipmentView, 'status'>) {
  const { t } = useTexts();
  const reached = REACHED[status];
  if (reached === undefined) return null;
  return (
    <ol class="track">
      {TRACK.map((step, index) => (
        <li key={step} class={index < reached || reached === 4 ? 'done' : index === reached ? 'now' : ''}>
          {t(`track.${step}`)}
        </li>
      ))}
    </ol>
  );
}

function Code({ shipment: { trackingCode, trackingUrl, labelUrl } }: { shipment: ShipmentView }) {
  const { t } = useTexts();
  return (
    <>
      {trackingCode !== undefined &&
        (trackingUrl === undefined ? (
          <Id id={trackingCode} />
        ) : (
          <External href={trackingUrl}>
            <Id id={trackingCode} />
          </External>
        ))}{' '}
      {labelUrl !== undefined && <External href={labelUrl}>{t('ship.label')}</External>}
    </>
  );
}

/** What the carrier has reported, newest first. */
function Journey({ shipment: { tracking } }: { shipment: ShipmentView }) {
  const { t } = useTexts();
  if (tracking.length === 0) return null;
  return (
    <details>
      <summary>{t('ship.journey', { n: tracking.length })}</summary>
      <ol class="journey">
        {[...tracking].reverse().map(({ at, status, message, city, country }) => (
          <li key={`${at} ${status}`}>
            <When at={at} />
            <span>
              {message ?? status}
              {city !== undefined && (
                <span class="faint">
                  {' '}
                  {city}
                  {country !== undefined && `, ${country}`}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
