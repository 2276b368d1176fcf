import type {
  AddressRecord,
  EventRecord,
  RateRecord,
  ShipmentRecord,
  TrackerRecord,
  TrackingDetail,
} from './records.ts';

/**
 * Returns the JSON text. EasyPost writes a weight with a fraction also where it is a whole number, and signs webhooks with it; its
 * clients for JavaScript rely on that: they replace `17` by `17.0` before they check the signature (easypost-node#467).
 */
export function jsonOf(value: object): string {
  return JSON.stringify(value).replace(/("weight":)(\d+)(?=[,}])/g, '$1$2.0');
}

export function renderAddress(record: AddressRecord): object {
  return {
    ...record,
    updated_at: record.created_at,
    mode: 'test',
    carrier_facility: null,
    federal_tax_id: null,
    state_tax_id: null,
  };
}

/** @param baseUrl the base URL of the sandbox, for links to its own pages */
export function renderShipment(
  record: ShipmentRecord,
  tracker: TrackerRecord | undefined,
  baseUrl: string,
): object {
  const { id, created_at, parcel, rates, selected_rate, postage_label } = record;
  const rate = (each: RateRecord): object => renderRate(each, id);
  return {
    created_at,
    is_return: record.is_return,
    messages: record.messages,
    mode: 'test',
    options: { currency: 'USD', payment: { type: 'SENDER' }, date_advance: 0 },
    reference: record.reference,
    status: tracker?.status ?? 'unknown',
    tracking_code: tracker?.tracking_code ?? null,
    updated_at: record.updated_at,
    batch_id: null,
    batch_status: null,
    batch_message: null,
    customs_info: null,
    from_address: renderAddress(record.from_address),
    insurance: null,
    order_id: null,
    parcel: {
      id: parcel.id,
      object: 'Parcel',
      created_at,
      updated_at: created_at,
      length: null,
      width: null,
      height: null,
      predefined_package: null,
      weight: parcel.weight,
      mode: 'test',
    },
    postage_label: postage_label && renderLabel(postage_label, baseUrl),
    rates: rates.map(rate),
    refund_status: record.refund_status,
    scan_form: null,
    selected_rate: selected_rate && rate(selected_rate),
    tracker: tracker === undefined ? null : renderTracker(tracker, baseUrl),
    to_address: renderAddress(record.to_address),
    usps_zone: null,
    return_address: renderAddress(record.from_address),
    buyer_address: renderAddress(record.to_address),
    forms: [],
    fees: selected_rate === null ? [] : feesOf(selected_rate, record.refund_status === 'refunded'),
    id,
    object: 'Shipment',
  };
}

function renderRate(record: RateRecord, shipmentId: string): object {
  const { rate, currency, delivery_days } = record;
  return {
    ...record,
    object: 'Rate',
    updated_at: record.created_at,
    mode: 'test',
    retail_rate: rate,
    retail_currency: currency,
    list_rate: rate,
    list_currency: currency,
    billing_type: 'easypost',
    delivery_days,
    delivery_date: null,
    delivery_date_guaranteed: false,
    est_delivery_days: delivery_days,
    shipment_id: shipmentId,
    carrier_account_id: 'ca_00000000000000000000000000000001',
  };
}

function renderLabel({ id, created_at }: { id: string; created_at: string }, baseUrl: string): object {
  return {
    object: 'PostageLabel',
    id,
    created_at,
    updated_at: created_at,
    date_advance: 0,
    integrated_form: 'none',
    label_date: created_at,
    label_resolution: 300,
    label_size: '4x6',
    label_type: 'default',
    label_file_type: 'text/html',
    label_url: `${baseUrl}/sandbox/labels/${id}`,
    label_pdf_url: null,
    label_zpl_url: null,
    label_epl2_url: null,
    label_file: null,
  };
}

const feesOf = ({ rate }: RateRecord, refunded: boolean): object[] => [
  { object: 'Fee', type: 'LabelFee', amount: '0.00000', charged: true, refunded },
  { object: 'Fee', type: 'PostageFee', amount: `${rate}000`, charged: true, refunded },
];

export function renderTracker(record: TrackerRecord, baseUrl: string): object {
  const { id, status, details } = record;
  return {
    id,
    object: 'Tracker',
    mode: 'test',
    tracking_code: record.tracking_code,
    status,
    status_detail: status === 'unknown' ? 'unknown' : 'status_update',
    created_at: record.created_at,
    updated_at: record.updated_at,
    signed_by: null,
    weight: record.weight,
    est_delivery_date: null,
    shipment_id: record.shipment_id,
    carrier: record.carrier,
    tracking_details: details.map(renderDetail),
    fees: [],
    carrier_detail: null,
    public_url: `${baseUrl}/sandbox/track/${id}`,
    finalized: ['delivered', 'return_to_sender', 'failure', 'cancelled'].includes(status),
    is_return: record.is_return,
  };
}

const renderDetail = ({ message, status, datetime, place }: TrackingDetail): object => ({
  object: 'TrackingDetail',
  message,
  description: null,
  status,
  status_detail: null,
  datetime,
  source: 'USPS',
  carrier_code: null,
  tracking_location: { object: 'TrackingLocation', ...place },
});

/** @param pending whether the event was not answered 2xx yet */
export function renderEvent(record: EventRecord, pending: boolean, baseUrl: string): object {
  const { id, created_at, description, previous_attributes, result } = record;
  return {
    id,
    object: 'Event',
    mode: 'test',
    description,
    previous_attributes,
    result: renderTracker(result, baseUrl),
    status: pending ? 'pending' : 'completed',
    pending_urls: [],
    completed_urls: [],
    created_at,
    updated_at: created_at,
  };
}
