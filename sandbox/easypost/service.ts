import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../storage/journal.ts';
import { addressOf, requireVerified, verified } from './addresses.ts';
import type { Body } from './body.ts';
import { notFound, requiredParameter, unprocessable } from './failure.ts';
import type { EasyPostFaults } from './faults.ts';
import { newId, newTrackingCode, timestamp } from './ids.ts';
import type { EasyPostLedger, LedgerEntry } from './ledger.ts';
import type {
  AddressRecord,
  RateRecord,
  RefundStatus,
  ShipmentRecord,
  TrackerRecord,
  TrackerStatus,
} from './records.ts';
import { scenarioOf } from './scenario.ts';
import { createShipment, rateToBuy, requestRefund, requireNoLabel, withRefund } from './shipments.ts';
import { createTracker, moveOn, type Report } from './tracker-changes.ts';

export interface ServiceOptions {
  readonly ledger: EasyPostLedger;
  readonly faults: EasyPostFaults;
  readonly journal: () => Journal<LedgerEntry>;
  /** After how many milliseconds a parcel moves on by itself; 0: only by command. */
  readonly stepMs: number;
  /** How many milliseconds a purchase with `sandbox_slow` takes. */
  readonly slowMs: number;
  /** Aborted when the sandbox stops: purchases that wait end without effect. */
  readonly stopping: AbortSignal;
  /** Whether events are sent to a webhook. */
  readonly hasWebhook: boolean;
  /** Called with every entry when it is written to the journal. */
  readonly onCommitted: (entry: LedgerEntry) => void;
}

/** Test codes of EasyPost, by their first digits: a tracker with such a code has this status at once. */
const TEST_CODES: Readonly<Record<string, TrackerStatus>> = {
  EZ1: 'pre_transit',
  EZ2: 'in_transit',
  EZ3: 'out_for_delivery',
  EZ4: 'delivered',
  EZ5: 'return_to_sender',
  EZ6: 'failure',
};

/** The parcel is with the shop as long as its tracker has one of these statuses. */
const BEFORE_HAND_OVER: readonly TrackerStatus[] = ['unknown', 'pre_transit'];

/** Makes all changes of the ledger. A change is written to the journal when its method resolves. */
export class EasyPostService {
  readonly #options: ServiceOptions;
  readonly #purchases = new Set<string>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  async createAddress(body: Body, strict = body.flag('verify_strict')): Promise<AddressRecord> {
    const created = addressOf(body.object('address'));
    const verify = body.flag('verify');
    if (verify || strict) this.#options.faults.checkOutage(scenarioOf(created));
    const address = verify || strict ? verified(created) : created;
    if (strict) requireVerified(address);
    await this.#commit({ put: [address] });
    return address;
  }

  async createShipment(body: Body): Promise<ShipmentRecord> {
    const shipment = createShipment(body, this.#options.ledger);
    this.#options.faults.checkOutage(shipment.scenario);
    await this.#commit({ put: [shipment] });
    return shipment;
  }

  /** Renews the rates of a shipment. */
  async rerate(id: string): Promise<ShipmentRecord> {
    const shipment = this.#shipment(id);
    requireNoLabel(shipment);
    const rates = shipment.rates.map((rate) => ({ ...rate, id: newId('rate'), created_at: timestamp() }));
    const renewed = { ...shipment, rates, updated_at: timestamp() };
    await this.#commit({ put: [renewed] });
    return renewed;
  }

  /** Buys the label, and begins to track the parcel. As at EasyPost, a second purchase is refused. */
  async buy(id: string, body: Body): Promise<ShipmentRecord> {
    const shipment = this.#shipment(id);
    requireNoLabel(shipment);
    if (this.#purchases.has(shipment.id))
      throw unprocessable('SHIPMENT.PURCHASE.IN_PROGRESS', 'The shipment is being purchased. (sandbox)');
    this.#options.faults.checkOutage(shipment.scenario);
    const rate = rateToBuy(shipment, body);
    this.#purchases.add(shipment.id);
    try {
      await this.#delay(shipment);
      return await this.#sell(shipment, rate);
    } finally {
      this.#purchases.delete(shipment.id);
    }
  }

  async #sell(shipment: ShipmentRecord, rate: RateRecord): Promise<ShipmentRecord> {
    const { tracker, event } = createTracker(
      { code: newTrackingCode(), carrier: rate.carrier, shipment },
      this.#options.stepMs,
    );
    const bought: ShipmentRecord = {
      ...shipment,
      selected_rate: rate,
      postage_label: { id: newId('pl'), created_at: timestamp() },
      tracker: tracker.id,
      updated_at: timestamp(),
    };
    await this.#commit({ put: [bought, tracker], events: [event] });
    return bought;
  }

  async refund(id: string): Promise<ShipmentRecord> {
    const shipment = this.#shipment(id);
    this.#options.faults.checkOutage(shipment.scenario);
    const tracker = this.#options.ledger.trackers.get(shipment.tracker ?? '');
    const handedOver = tracker !== undefined && !BEFORE_HAND_OVER.includes(tracker.status);
    const changed = requestRefund(shipment, { handedOver, stepMs: this.#options.stepMs });
    if (changed === shipment) return shipment;
    // A parcel whose label is given back does not start.
    const stopped = tracker !== undefined && changed.refund_status === 'submitted';
    await this.#commit({ put: [changed, ...(stopped ? [{ ...tracker, moves_at: null }] : [])] });
    return changed;
  }

  /** Begins to track a parcel. The same code and carrier within three months get the same tracker. */
  async track(body: Body): Promise<TrackerRecord> {
    const code = body.object('tracker').text('tracking_code');
    if (code === null) throw requiredParameter('tracking_code');
    const carrier = body.object('tracker').text('carrier') ?? 'USPS';
    const known = this.#options.ledger.recentTracker(code, carrier);
    if (known !== undefined) return known;
    const status = TEST_CODES[code.slice(0, 3)] ?? 'unknown';
    const { tracker, event } = createTracker({ code, carrier, status }, this.#options.stepMs);
    await this.#commit({ put: [tracker], events: [event] });
    return tracker;
  }

  /** Reports about the parcel; without a status it moves on by one. Returns undefined if it is at the end of its route. */
  async report(trackerId: string, report: Report): Promise<TrackerRecord | undefined> {
    const { ledger, stepMs } = this.#options;
    const before = ledger.trackers.get(trackerId);
    if (before === undefined) throw notFound();
    const ounces = ledger.shipments.get(before.shipment_id ?? '')?.parcel.weight;
    const movement = moveOn(before, report, stepMs, ounces);
    if (movement === undefined) return undefined;
    await this.#commit({ put: [movement.tracker], events: [movement.event] });
    return movement.tracker;
  }

  /** Decides on the refund of a label, as the carrier does after days. The tracker of a refunded label is cancelled. */
  async decideRefund(id: string, status: RefundStatus): Promise<ShipmentRecord> {
    const { ledger, stepMs } = this.#options;
    const decided = withRefund(this.#shipment(id), status);
    const tracker = status === 'refunded' ? ledger.trackers.get(decided.tracker ?? '') : undefined;
    const cancelled = tracker && moveOn(tracker, { status: 'cancelled' }, stepMs, undefined);
    await this.#commit({
      put: [decided, ...(cancelled ? [cancelled.tracker] : [])],
      ...(cancelled && { events: [cancelled.event] }),
    });
    return decided;
  }

  #shipment(key: string): ShipmentRecord {
    const shipment = this.#options.ledger.shipment(key);
    if (shipment === undefined) throw notFound();
    return shipment;
  }

  async #delay({ scenario }: ShipmentRecord): Promise<void> {
    const { faults, slowMs, stopping } = this.#options;
    const ms = faults.settings.latencyMs + (scenario === 'sandbox_slow' ? slowMs : 0);
    if (ms > 0) await sleep(ms, undefined, { signal: stopping });
  }

  async #commit(change: LedgerEntry): Promise<void> {
    const { ledger, journal, hasWebhook, onCommitted } = this.#options;
    const entry =
      hasWebhook && change.events !== undefined
        ? { ...change, pending: change.events.map(({ id }) => id) }
        : change;
    ledger.apply(entry);
    await journal().append(entry);
    onCommitted(entry);
  }
}
