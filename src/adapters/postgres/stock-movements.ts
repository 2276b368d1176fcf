import type { Actor } from '../../contracts/actor.ts';
import type { CountPreview, StockMovement } from '../../contracts/http/stock-movements.ts';
import type { Pool } from './pool.ts';

export interface MovementFilter {
  sku: string;
  /** Whose orders are named. */
  clientId: string;
  limit: number;
  /** The `movementId` of the last movement of the page before. */
  before?: number;
}

/** What has happened to the stock of an item, and what a count would do to it. Reads only. */
export interface StockMovements {
  /** Newest first, of all locations. */
  list(filter: MovementFilter): Promise<StockMovement[]>;
  /**
   * What counting an item at a location would change, by the counts of now: which orders it would leave short. `undefined`: the item is
   * not known there.
   */
  preview(count: {
    sku: string;
    location: string;
    onHand: number;
    clientId: string;
  }): Promise<CountPreview | undefined>;
}

interface MovementRow extends Omit<StockMovement, 'at' | 'orderId' | 'reference' | 'reason' | 'actor'> {
  at: Date;
  orderId: string | null;
  reference: string | null;
  reason: string | null;
  actor: Actor | null;
}

/** So many of the newest allocations of a level are looked at. A count that leaves more short names the first of them. */
const MAX_ALLOCATIONS = 5_000;
const MAX_NAMED = 100;

/** The primary key begins with the location, so that each is read by itself, and no more than a page of it. */
const LIST = `
  select m.movement_id as "movementId", m.at, m.location_id as location, m.kind, m.available, m.held, m.committed, m.unavailable,
         o.order_id as "orderId", m.reference, m.reason, m.actor
    from locations l
   cross join lateral (select * from stock_movements
                        where sku = $1 and location_id = l.location_id and movement_id < $2
                        order by movement_id desc limit $3) m
    left join orders o on o.order_id = m.order_id and o.client_id = $4
   order by m.movement_id desc limit $3`;

/** As SQL function make_short takes pieces away: of unpaid orders first, the newest first. */
const ALLOCATIONS = `
  select r.state, r.quantity - r.short - r.shipped as quantity, o.order_id as "orderId"
    from (select order_id, max(movement_id) as newest
            from (select order_id, movement_id from stock_movements
                   where sku = $1 and location_id = $2 and order_id is not null and available < 0
                   order by movement_id desc limit ${MAX_ALLOCATIONS}) recent
           group by order_id) m
    join reservations r on r.order_id = m.order_id and r.sku = $1 and r.location_id = $2
    left join orders o on o.order_id = r.order_id and o.client_id = $3
   where r.state in ('held', 'committed') and r.quantity > r.short + r.shipped
   order by r.state = 'committed', m.newest desc`;

export const createStockMovements = (pool: Pool): StockMovements => ({
  async list({ sku, clientId, limit, before = Number.MAX_SAFE_INTEGER }) {
    const { rows } = await pool.query<MovementRow>(LIST, [sku, before, limit, clientId]);
    return rows.map(({ at, orderId, reference, reason, actor, ...row }) => ({
      ...row,
      at: at.toISOString(),
      ...(orderId !== null && { orderId }),
      ...(reference !== null && { reference }),
      ...(reason !== null && { reason }),
      ...(actor && { actor: seenBy(clientId, actor) }),
    }));
  },

  async preview({ sku, location, onHand, clientId }) {
    const { rows } = await pool.query<CountPreview['before']>(
      `select on_hand as "onHand", available, held, committed, unavailable, oversold
         from stock_levels where sku = $1 and location_id = $2`,
      [sku, location],
    );
    const [before] = rows;
    if (!before) return undefined;
    const lacking = Math.max(0, before.onHand - before.available - onHand);
    const shortPieces = Math.min(lacking, before.held + before.committed);
    const allocations =
      shortPieces === 0
        ? []
        : (
            await pool.query<{ state: 'held' | 'committed'; quantity: number; orderId: string | null }>(
              ALLOCATIONS,
              [sku, location, clientId],
            )
          ).rows;
    const short: CountPreview['short'] = [];
    const left = { held: Math.min(shortPieces, before.held), committed: 0 };
    left.committed = shortPieces - left.held;
    const after = afterCount(before, onHand, { held: left.held, committed: left.committed });
    for (const { state, quantity, orderId } of allocations) {
      const taken = Math.min(quantity, left[state]);
      if (taken === 0 || short.length === MAX_NAMED) continue;
      left[state] -= taken;
      short.push({ ...(orderId !== null && { orderId }), state, quantity: taken });
    }
    return { sku, location, before, after, short, shortPieces };
  },
});

/** Other clients are not named, nor are their operators. */
const seenBy = (clientId: string, actor: Actor): Actor =>
  actor.id === undefined || actor.id === clientId ? actor : { type: actor.type };

/** What arrives goes to the orders that are short first. */
function afterCount(
  before: CountPreview['before'],
  onHand: number,
  short: { held: number; committed: number },
): CountPreview['before'] {
  const taken = short.held + short.committed;
  const available = before.available + onHand - before.onHand + taken;
  const filled = Math.min(Math.max(0, available), before.oversold);
  return {
    onHand,
    available: Math.max(0, available - filled),
    held: before.held - short.held,
    committed: before.committed - short.committed + filled,
    unavailable: Math.max(0, before.unavailable + Math.min(0, available)),
    oversold: before.oversold + taken - filled,
  };
}
