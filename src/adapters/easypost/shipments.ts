import {
  CarrierRefused,
  CarrierUnavailable,
  type CarrierShipment,
  type CreatedShipment,
  type Label,
  LABEL_REFUNDS,
  type LabelRefund,
  type LabelRequest,
  type ShipmentRequest,
} from '../../contracts/ports/carrier.ts';
import { minorUnitsOf } from '../../domain/money.ts';
import type { EasyPost } from './client.ts';
import { apiErrorOf, calling, isNotFound, refusalOf } from './errors.ts';
import { fieldErrorsOf, toEasyPost } from './fields.ts';
import { nullable } from './nullable.ts';
import { chooseRate, rateOf } from './rates.ts';

type EasyPostShipment = Awaited<ReturnType<EasyPost['Shipment']['retrieve']>>;

const GRAMS_PER_OUNCE = 28.349523125;
/** EasyPost's maximum. */
const PAGE_SIZE = 100;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Carriers change their prices, and refuse to sell at an old one. A shipment may be on hold for weeks. */
const RATES_VALID_MS = DAY_MS;
const FIRST_PERIOD_MS = 28 * DAY_MS;

/**
 * Creates a shipment. A return takes the addresses of the parcel's first way: EasyPost exchanges them.
 * @see https://docs.easypost.com/docs/shipments/returns
 */
export async function createShipment(easypost: EasyPost, request: ShipmentRequest): Promise<CreatedShipment> {
  const { reference, from, to, parcel, isReturn = false } = request;
  const shipment = await easypost.Shipment.create({
    reference,
    to_address: toEasyPost(isReturn ? from : to),
    from_address: toEasyPost(isReturn ? to : from),
    parcel: { weight: ouncesOf(parcel.weightGrams) },
    is_return: isReturn,
  });
  if (shipment.rates.length === 0) throw refusalOf('no_rates', fieldErrorsOf(shipment.messages));
  return { carrierShipmentId: shipment.id, rates: shipment.rates.map(rateOf) };
}

/**
 * Buys the label. EasyPost knows no idempotency key: an answer may have been lost, so the shipment is retrieved first, and its label is
 * returned if it has one. A purchase that another call makes at the same time is refused by EasyPost.
 */
export async function buyLabel(
  easypost: EasyPost,
  { carrierShipmentId, service }: LabelRequest,
): Promise<Label> {
  const known = await easypost.Shipment.retrieve(carrierShipmentId);
  const bought = labelOf(known);
  if (bought !== undefined && isVoid(refundOf(known))) throw new CarrierRefused('label_refunded');
  if (bought !== undefined) return bought;
  const rate = chooseRate((await currentRates(easypost, known)).map(rateOf), service);
  try {
    return requireLabel(await easypost.Shipment.buy(carrierShipmentId, rate.rateId));
  } catch (error) {
    if (apiErrorOf(error)?.code !== 'SHIPMENT.POSTAGE.EXISTS') throw error;
    return requireLabel(await easypost.Shipment.retrieve(carrierShipmentId));
  }
}

async function currentRates(
  easypost: EasyPost,
  { id, rates }: EasyPostShipment,
): Promise<EasyPostShipment['rates']> {
  const newest = Math.max(...rates.map(({ created_at }) => Date.parse(created_at)));
  if (Date.now() - newest < RATES_VALID_MS) return rates;
  return (await easypost.Shipment.regenerateRates(id)).rates;
}

/** Finds a shipment. EasyPost takes a reference in place of an id. @see https://docs.easypost.com/docs/shipments#retrieve-a-shipment */
export async function findShipment(
  easypost: EasyPost,
  by: { carrierShipmentId: string } | { reference: string },
): Promise<CarrierShipment | undefined> {
  const key = 'reference' in by ? by.reference : by.carrierShipmentId;
  try {
    return carrierShipmentOf(await easypost.Shipment.retrieve(encodeURIComponent(key)));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Requests the refund of a label. A request that was rejected may be repeated: EasyPost rejects some that come soon after the purchase.
 * @see https://docs.easypost.com/docs/shipments/shipping-refund
 */
export async function refundLabel(easypost: EasyPost, carrierShipmentId: string): Promise<LabelRefund> {
  const known = carrierShipmentOf(await easypost.Shipment.retrieve(carrierShipmentId));
  if (known.label === undefined) return 'not_applicable';
  if (known.refund !== undefined && known.refund !== 'rejected') return known.refund;
  return carrierShipmentOf(await easypost.Shipment.refund(carrierShipmentId)).refund ?? 'submitted';
}

/**
 * Lists the last month, and then periods that become longer: an audit of recent days is one request, one of all time a few. Both ends are
 * given, since without them EasyPost takes the last month, or one month after the start.
 * @see https://docs.easypost.com/docs/pagination
 */
export async function* listShipments(
  easypost: EasyPost,
  since: Date,
  until = new Date(),
): AsyncGenerator<CarrierShipment[]> {
  // The clocks may differ, and EasyPost's times are whole seconds.
  const from = since.getTime() - DAY_MS;
  let end = until.getTime() + DAY_MS;
  for (let period = FIRST_PERIOD_MS; end > from; period *= 2) {
    const start = Math.max(from, end - period);
    yield* listPages(easypost, new Date(start), new Date(end));
    end = start;
  }
}

async function* listPages(easypost: EasyPost, start: Date, end: Date): AsyncGenerator<CarrierShipment[]> {
  const range = { start_datetime: start.toISOString(), end_datetime: end.toISOString() };
  let before: string | undefined;
  for (;;) {
    const params = {
      ...range,
      page_size: PAGE_SIZE,
      purchased: true,
      ...(before !== undefined && { before_id: before }),
    };
    const { shipments, has_more, last } = await calling(async () => {
      const page = await easypost.Shipment.all(params);
      return { ...page, shipments: page.shipments.map(carrierShipmentOf), last: page.shipments.at(-1)?.id };
    });
    yield shipments.filter(({ label }) => label !== undefined);
    if (!has_more || last === undefined) return;
    before = last;
  }
}

function carrierShipmentOf(shipment: EasyPostShipment): CarrierShipment {
  const { id, reference, is_return, created_at } = shipment;
  const label = labelOf(shipment);
  const refund = refundOf(shipment);
  const ours = reference ?? undefined;
  return {
    carrierShipmentId: id,
    ...(ours !== undefined && { reference: ours }),
    isReturn: is_return === true,
    createdAt: created_at,
    ...(label !== undefined && { label }),
    ...(refund !== undefined && { refund }),
  };
}

function labelOf(shipment: EasyPostShipment): Label | undefined {
  const label = nullable(shipment.postage_label);
  if (label === null || label === undefined) return undefined;
  const { selected_rate: rate, tracker, tracking_code } = shipment;
  const trackingUrl = nullable(tracker.public_url) ?? undefined;
  return {
    carrier: rate.carrier,
    service: rate.service,
    trackingCode: tracking_code,
    ...(trackingUrl !== undefined && { trackingUrl }),
    trackerId: tracker.id,
    labelUrl: label.label_url,
    cost: minorUnitsOf(rate.rate, rate.currency),
    currency: rate.currency,
  };
}

function requireLabel(shipment: EasyPostShipment): Label {
  const label = labelOf(shipment);
  if (label === undefined) throw new CarrierUnavailable('the shipment was bought and has no label yet');
  return label;
}

function refundOf({ refund_status }: EasyPostShipment): LabelRefund | undefined {
  const status = nullable<string>(refund_status) ?? undefined;
  return status === undefined ? undefined : (LABEL_REFUNDS.find((each) => each === status) ?? 'submitted');
}

/** Whether a label can no longer be used. */
const isVoid = (refund: LabelRefund | undefined): boolean => refund === 'submitted' || refund === 'refunded';

/** EasyPost weighs in ounces, with one decimal. Rounded up, so that a parcel is never heavier than its label says. */
const ouncesOf = (grams: number): number => Math.ceil((grams / GRAMS_PER_OUNCE) * 10) / 10;
