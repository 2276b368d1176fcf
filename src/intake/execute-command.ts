import type { DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { OrderOrigin } from '../contracts/brakes.ts';
import type { BrokerName } from '../contracts/broker-names.ts';
import type { Receipt } from '../contracts/ports/broker.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import { giverOf, type Actor } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type { StockSyncRow } from '../contracts/http/stock-sync.ts';
import type { Command, OrderIds } from '../contracts/intake/commands.ts';
import type { StockSync } from '../stock/stock-sync.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { ShipmentView } from '../contracts/http/shipments.ts';
import type { StockItemRequest } from '../contracts/http/stock.ts';
import type { ReportShipmentCommand } from '../fulfilment/fulfilment-service.ts';
import type { CancelLinesCommand } from '../orders/cancel-order-lines.ts';
import type { CancelOrderCommand } from '../orders/cancel-order.ts';
import type { PlaceOrderCommand } from '../orders/place-order.ts';
import type { ReceiveReturnCommand } from '../returns/return-service.ts';
import { putStockItem } from '../orders/put-stock-item.ts';
import { counted } from '../domain/counted.ts';
import { orderIdOf } from '../orders/order-id.ts';
import { orderIdOfStripeEvent, type StripeEvent } from '../orders/stripe-event.ts';
import type { CommandOptions } from './read-command.ts';

interface OrderResult {
  order: Pick<OrderView, 'orderId' | 'status'>;
}

/** What the commands call. */
export interface CommandServices extends Pick<CommandOptions, 'clientId'> {
  orders: {
    place(command: PlaceOrderCommand): Promise<OrderResult>;
    cancel(command: CancelOrderCommand): Promise<OrderResult>;
    cancelLines(command: CancelLinesCommand): Promise<OrderResult>;
    applyStripeEvent(event: StripeEvent): Promise<string | undefined>;
  };
  returns: { receive(command: ReceiveReturnCommand): Promise<{ orderId: string }> };
  stockSync: Pick<StockSync, 'apply'>;
  fulfilment: { report(command: ReportShipmentCommand): Promise<Pick<ShipmentView, 'status'>> };
  putStockItem(sku: string, item: StockItemRequest, actor: Actor): Promise<{ applied: boolean }>;
}

export interface CommandParts extends CommandOptions, Omit<CommandServices, 'putStockItem' | 'clientId'> {
  deadLetters: DeadLetterStore;
  catalogue: StockCatalogue;
  chargeRules: ChargeRules;
}

/** The services of a process. */
export const commandServices = (parts: CommandParts): CommandServices => ({
  ...parts,
  putStockItem: (sku, item, actor) => putStockItem(parts, sku, item, actor),
});

export type DoneReceipt = Extract<Receipt, { result: 'done' }>;

/**
 * Executes a command with the same services as HTTP, and so with the same result. The effect is durable when it resolves.
 * Safe to run any number of times.
 *
 * @param by the broker that has delivered the command
 * @param givenBy who replays the command, if that is not the client which has sent it
 * @throws {Problem} the same as over HTTP; after some of them the command may succeed later, see `retry-policy.ts`
 */
export async function executeCommand(
  services: CommandServices,
  command: Command,
  by: BrokerName,
  givenBy?: Actor,
): Promise<DoneReceipt> {
  const { orders, returns, fulfilment, stockSync, clientId } = services;
  const given = givenBy ? { actor: givenBy } : {};
  const actor = giverOf({ clientId, ...given });
  switch (command.type) {
    case 'com.durable-checkout.order.place.v1': {
      const { key, formerKey, data: request, notBefore } = command;
      const { order } = await orders.place({
        clientId,
        ...given,
        key,
        ...(formerKey !== undefined && { formerKey }),
        request,
        origin: originOf(command, by) ?? { by },
        waitMs: 0,
        ...(notBefore && { notBefore }),
      });
      return { result: 'done', orderId: order.orderId, status: order.status };
    }
    case 'com.durable-checkout.order.cancel.v1': {
      const { key, orderIds, data } = command;
      const { lines, ...request } = data;
      const { order } = await withFirstKnown(orderIds, (orderId) =>
        lines
          ? orders.cancelLines({ clientId, ...given, orderId, ...request, lines, key })
          : orders.cancel({ clientId, ...given, orderId, ...request }),
      );
      return { result: 'done', orderId: order.orderId, status: order.status };
    }
    case 'com.durable-checkout.payment.event.v1': {
      const orderId = await orders.applyStripeEvent(command.data);
      return { result: 'done', ...(orderId !== undefined && { orderId }) };
    }
    case 'com.durable-checkout.stock.sync.v1': {
      const { data } = command;
      if (Array.isArray(data)) return syncRows(stockSync, data, actor);
      const { sku, ...item } = data;
      const { applied } = await services.putStockItem(sku, item, actor);
      return { result: 'done', status: applied ? 'applied' : 'outdated' };
    }
    case 'com.durable-checkout.return.receive.v1': {
      const { key } = command;
      const { returnId, ...request } = command.data;
      const { orderId } = await returns.receive({ clientId, ...given, returnId, key, request });
      return { result: 'done', orderId };
    }
    case 'com.durable-checkout.shipment.update.v1': {
      const { key, orderId, data: request } = command;
      const { status } = await fulfilment.report({ clientId, ...given, orderId, key, request });
      return { result: 'done', orderId, status };
    }
  }
}

/** Where the order of a command comes from; `undefined` for a command that places none. */
export const originOf = (command: Command, by: BrokerName): OrderOrigin | undefined =>
  command.type === 'com.durable-checkout.order.place.v1'
    ? { by, ...(command.source !== undefined && { source: command.source }) }
    : undefined;

/**
 * The order that a command cancels as a whole, the last one where it may be one of several: `createEarlyCancellations` finds it under that
 * one. `undefined` for every other command.
 */
export const orderToCancel = (command: Command): string | undefined =>
  command.type === 'com.durable-checkout.order.cancel.v1' && command.data.lines === undefined
    ? command.orderIds.at(-1)
    : undefined;

/** Runs the action with the first of these orders that exists. Another problem than that there is no such order is final. */
async function withFirstKnown<T>(
  [orderId, ...others]: OrderIds,
  run: (orderId: string) => Promise<T>,
): Promise<T> {
  try {
    return await run(orderId);
  } catch (error) {
    const [next, ...rest] = others;
    const isUnknown = error instanceof Problem && error.code === 'order_not_found';
    if (next === undefined || !isUnknown) throw error;
    return withFirstKnown([next, ...rest], run);
  }
}

/**
 * A row that cannot be applied, as that of an unknown item, would be lost with its message, which therefore becomes a dead letter. The
 * other rows are applied, and are stale when the message is replayed.
 */
async function syncRows(
  stockSync: Pick<StockSync, 'apply'>,
  data: StockSyncRow[],
  actor: Actor,
): Promise<DoneReceipt> {
  const rows = await stockSync.apply(data, actor);
  const errors = rows.flatMap(({ row, status, message = '', errors: fields = [] }) => {
    if (status !== 'error') return [];
    const prefix = `data[${row - 1}]`;
    if (fields.length === 0) return [{ field: prefix, message }];
    return fields.map((each) => ({ field: `${prefix}.${each.field}`, message: each.message }));
  });
  if (errors.length > 0) {
    const failed = rows.filter(({ status }) => status === 'error');
    const [first] = failed;
    throw new Problem(
      'invalid_request',
      `Not applied: ${failed.length} of ${counted(rows.length, 'row')}. The first reason: ${first?.message ?? ''}`,
      { errors },
    );
  }
  const [only, ...others] = rows;
  return { result: 'done', ...(only && others.length === 0 && { status: only.status }), rows };
}

/** Returns the keys of the command's queue: commands that share a key are executed one after the other, in the order of their arrival. */
export function queueKeysOf(command: Command, clientId: string): string[] {
  switch (command.type) {
    case 'com.durable-checkout.order.place.v1':
      return [command.key, ...[command.formerKey ?? []].flat()].map((key) => orderIdOf(clientId, key));
    case 'com.durable-checkout.order.cancel.v1':
      return [...command.orderIds];
    case 'com.durable-checkout.payment.event.v1':
      return [orderIdOfStripeEvent(command.data) ?? command.key];
    case 'com.durable-checkout.stock.sync.v1':
      return [...new Set([command.data].flat().map(({ sku }) => `stock/${sku}`))];
    case 'com.durable-checkout.return.receive.v1':
      return [`return/${command.data.returnId}`];
    case 'com.durable-checkout.shipment.update.v1':
      return [command.orderId];
  }
}
