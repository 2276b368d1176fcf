import { OrderedMap } from '../storage/ordered-map.ts';
import type { AddressRecord, EventRecord, LedgerRecord, ShipmentRecord, TrackerRecord } from './records.ts';

/** One line of the journal: the changes of a request, and its events. All of it is stored or nothing. */
export interface LedgerEntry {
  readonly put?: readonly LedgerRecord[];
  readonly events?: readonly EventRecord[];
  /** The ids of events that must be sent to the webhook. */
  readonly pending?: readonly string[];
  readonly delivered?: readonly string[];
}

/** A request for the tracker of the same code within this time returns the same tracker: three months. */
const TRACKER_REUSED_MS = 90 * 24 * 60 * 60 * 1000;

/** All records of the sandbox's EasyPost account, in memory. Only `apply` changes them, which also rebuilds them from the journal. */
export class EasyPostLedger {
  readonly addresses = new OrderedMap<AddressRecord>();
  readonly shipments = new OrderedMap<ShipmentRecord>();
  readonly trackers = new OrderedMap<TrackerRecord>();
  readonly events = new OrderedMap<EventRecord>();
  readonly pending = new Set<string>();
  readonly #shipmentOfReference = new Map<string, string>();
  readonly #trackerOfCode = new Map<string, string>();

  /** @param key an id, or the reference of a shipment; of several with one reference the newest */
  shipment(key: string): ShipmentRecord | undefined {
    return this.shipments.get(key) ?? this.shipments.get(this.#shipmentOfReference.get(key) ?? '');
  }

  /** Returns the tracker that a request for this code gets: the newest, if it is not older than three months. */
  recentTracker(code: string, carrier: string): TrackerRecord | undefined {
    const tracker = this.trackers.get(this.#trackerOfCode.get(`${carrier} ${code}`) ?? '');
    return tracker !== undefined && Date.parse(tracker.created_at) > Date.now() - TRACKER_REUSED_MS
      ? tracker
      : undefined;
  }

  apply(entry: LedgerEntry): void {
    for (const record of entry.put ?? []) this.#put(record);
    for (const event of entry.events ?? []) this.events.put(event);
    for (const id of entry.pending ?? []) this.pending.add(id);
    for (const id of entry.delivered ?? []) this.pending.delete(id);
  }

  /** Returns the shortest list of entries that rebuilds this ledger. */
  *snapshot(): Iterable<LedgerEntry> {
    for (const records of [this.addresses, this.shipments, this.trackers]) {
      for (const record of records.values()) yield { put: [record] };
    }
    for (const event of this.events.values()) yield { events: [event] };
    yield { pending: [...this.pending] };
  }

  #put(record: LedgerRecord): void {
    switch (record.object) {
      case 'Address':
        this.addresses.put(record);
        return;
      case 'Shipment':
        if (this.shipments.put(record) && record.reference !== null)
          this.#shipmentOfReference.set(record.reference, record.id);
        return;
      case 'Tracker':
        if (this.trackers.put(record))
          this.#trackerOfCode.set(`${record.carrier} ${record.tracking_code}`, record.id);
    }
  }
}
