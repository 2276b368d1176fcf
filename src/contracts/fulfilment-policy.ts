/** How paid orders are shipped. */
export interface FulfilmentPolicy {
  /** `carrier`: labels are bought from the carrier. `warehouse`: the shop's own warehouse reports what it has handed over. */
  readonly mode: 'carrier' | 'warehouse';
  /** Whether the carrier is asked where the parcels are. Without it, somebody has to report what was delivered. */
  readonly tracking: boolean;
  /** `cheapest`, `fastest`, or one service of a carrier, such as `USPS/Priority`. */
  readonly service: string;
  /** How long after its delivery goods of an order may be returned; milliseconds. Then the order is closed. */
  readonly returnWindowMs: number;
}
