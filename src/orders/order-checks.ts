import type { DryRun } from '../adapters/postgres/dry-run.ts';
import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import { giverOf } from '../contracts/actor.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { Brakes } from '../contracts/ports/brakes.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import { DEFAULT_CANCEL_REASON } from '../contracts/temporal/messages.ts';
import { isDecided } from '../domain/order-status.ts';
import { disputed, tooLate, type CancelOrderCommand } from './cancel-order.ts';
import { lineCancellation, notPaid, type CancelLinesCommand } from './cancel-order-lines.ts';
import { brakedOrder } from './lib/brakes.ts';
import { requireOrderLines } from './order-lines.ts';
import { identify, type PlaceOrderCommand } from './place-order.ts';
import { quote, skusOf } from './quote.ts';
import { refusal } from './refund-order.ts';
import { requestHash, requireSameBody } from './request-hash.ts';

export interface OrderCheckParts {
  claims: Pick<OrderClaims, 'requestHashOf'>;
  catalogue: Pick<StockCatalogue, 'find'>;
  chargeRules: ChargeRules;
  brakes: Brakes;
  dryRun: Pick<DryRun, 'beginRefund' | 'beginCancellation'>;
  /** @throws {Problem} `order_not_found` for an order that is not the client's */
  findOrder(clientId: string, orderId: string): Promise<OrderView>;
}

/** The order that an operation would be about. */
export type CheckedOrder = Pick<OrderView, 'orderId' | 'status'>;

/** Whether operations on orders would be accepted now, by their own rules. They have no effect. */
export interface OrderChecks {
  /** @throws {Problem} as `placeOrder` */
  place(command: PlaceOrderCommand): Promise<CheckedOrder>;
  /** @throws {Problem} as `cancelOrder` */
  cancel(command: CancelOrderCommand): Promise<CheckedOrder>;
  /** @throws {Problem} as `cancelOrderLines` */
  cancelLines(command: CancelLinesCommand): Promise<CheckedOrder>;
}

export function createOrderChecks(parts: OrderCheckParts): OrderChecks {
  const { brakes, catalogue, chargeRules, claims, dryRun } = parts;

  async function cancel(command: CancelOrderCommand): Promise<CheckedOrder> {
    const { clientId, orderId, reason = DEFAULT_CANCEL_REASON } = command;
    const order = await parts.findOrder(clientId, orderId);
    if (!isDecided(order.status) || order.status === 'cancelled') return order;
    if (order.status !== 'paid') throw tooLate(order);
    const result = await dryRun.beginCancellation({ orderId, reason, actor: giverOf(command) });
    if (result.disputeId !== undefined) throw disputed(order, result.disputeId);
    if (result.outcome === 'refused') throw tooLate(order);
    return order;
  }

  return {
    async place(command) {
      const { request, origin } = command;
      const hash = requestHash(request);
      const orderId = await identify({ claims }, command, hash);
      const [known, items] = await Promise.all([
        claims.requestHashOf(orderId),
        catalogue.find(skusOf(request)),
      ]);
      // Who repeats an order that exists gets it, whatever is paused or sold by now.
      if (known === undefined) {
        const { problem } = brakedOrder(brakes, request, origin) ?? quote(request, items, chargeRules);
        if (problem) throw problem;
      } else requireSameBody(known, hash);
      return { orderId, status: 'placed' };
    },

    cancel,

    async cancelLines(command) {
      const { clientId, orderId, lines } = command;
      const order = await parts.findOrder(clientId, orderId);
      requireOrderLines(order, lines);
      if (order.status === 'cancelled') return order;
      if (!isDecided(order.status)) throw notPaid(order);
      const input = lineCancellation(command);
      const result = await dryRun.beginRefund(input);
      if (result.outcome !== 'refused') requireSameBody(result.requestHash, input.requestHash);
      else if (result.code === 'not_refundable') throw tooLate(order);
      else if (result.code === 'cancels_whole_order') return cancel(command);
      else throw refusal(result);
      return order;
    },
  };
}
