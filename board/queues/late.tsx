import type { ListedShipmentView } from '../../src/contracts/http/shipments.ts';
import { SHIPMENT_LOOK } from '../lib/status.ts';
import { useNow } from '../state/data.ts';
import { textOr, texts, useTexts } from '../state/texts.ts';
import { ReportShipmentDialog } from '../ui/actions/report-shipment-dialog.tsx';
import {
  actionsOf,
  isReportable,
  shipmentAction,
  type ShipmentAction,
} from '../ui/actions/shipment-actions.ts';
import { Fact, Facts, Id, Pill } from '../ui/basics.tsx';
import { askFor, type Row, type WayOf } from './row.tsx';

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
    inspect: () => <InspectLate shipment={shipment} />,
    ways: lateWays(shipment),
  };
}

function InspectLate({ shipment }: { shipment: ListedShipmentView }) {
  const { t, f } = useTexts();
  const { handedOverAt, createdAt, carrier, trackingCode } = shipment;
  const age = f.age(useNow(15_000) - Date.parse(handedOverAt ?? createdAt));
  return (
    <>
      <h3>{t(handedOverAt === undefined ? 'late.why.handOver' : 'late.why.delivery', { age })}</h3>
      {handedOverAt === undefined && trackingCode === undefined && <p class="muted">{t('late.held')}</p>}
      <Facts>
        <Fact name={shipment.location}>
          {shipment.lines.map(({ quantity, sku }) => `${quantity} × ${sku}`).join(', ')}
        </Fact>
        <Fact name={carrier ?? t('returns.tracking')}>{trackingCode ?? t('late.noCode')}</Fact>
      </Facts>
    </>
  );
}

const KEYS: Readonly<Record<ShipmentAction, string>> = {
  hold: 's',
  release: 's',
  cancel: 'c',
  deliver: 'a',
  reship: 'r',
  refund: 'm',
};

/** Until it is handed over: report that it was, or stop it. Afterwards: it has arrived, or it is lost. */
function lateWays(shipment: ListedShipmentView): WayOf[] {
  const { t } = texts();
  const { orderId } = shipment;
  const scope = 'fulfilment:write';
  const ways = actionsOf(shipment).map((action): WayOf => ({
    key: KEYS[action],
    scope,
    verb: t(`shipAction.${action}.verb`),
    text: t(`shipAction.${action}.what`),
    dialog: askFor((done) => shipmentAction(orderId, shipment, action, done)),
  }));
  if (!isReportable(shipment)) return ways;
  return [
    {
      key: 'a',
      scope,
      verb: t('way.report.verb'),
      text: t('way.report'),
      dialog: ({ onDone, onClose }) => (
        <ReportShipmentDialog
          order={{ orderId, lines: [] }}
          planned={shipment}
          onDone={onDone}
          onClose={onClose}
        />
      ),
    },
    ...ways,
  ];
}
