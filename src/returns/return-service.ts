import type { ReturnFilter, ReturnStore } from '../adapters/postgres/return-store.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import { giverOf, type GivenBy } from '../contracts/actor.ts';
import { Problem, type FieldError } from '../contracts/errors.ts';
import type { FulfilmentPolicy } from '../contracts/fulfilment-policy.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { ReceiptRequest, ReturnAction, ReturnRequest, ReturnView } from '../contracts/http/returns.ts';
import type { ReturnRefusal } from '../contracts/temporal/returns.ts';
import { isReturnId, receiptIdsOf, returnIdOf } from '../orders/order-id.ts';
import { requireOrderLines, tooManyPieces } from '../orders/order-lines.ts';
import { quote } from '../orders/quote.ts';
import { requestHash, requireSameBody } from '../orders/request-hash.ts';
import type { Logger } from '../platform/logging.ts';
import type { ReturnClient } from './return-client.ts';

export interface ReturnServiceParts {
  store: ReturnStore;
  returns: ReturnClient;
  catalogue: StockCatalogue;
  chargeRules: ChargeRules;
  policy: FulfilmentPolicy;
  /** @throws {Problem} `order_not_found` for an order that is not the client's */
  findOrder(clientId: string, orderId: string): Promise<OrderView>;
  logger: Logger;
}

interface ReturnKey {
  clientId: string;
  returnId: string;
}

export interface RequestReturnCommand extends GivenBy {
  clientId: string;
  orderId: string;
  /** The idempotency key. */
  key: string;
  request: ReturnRequest;
}

export interface DecideReturnCommand extends ReturnKey, GivenBy {
  action: ReturnAction;
  /** The operator's own words. */
  note?: string;
}

export interface ReceiveReturnCommand extends ReturnKey, GivenBy {
  /** The idempotency key. */
  key: string;
  request: ReceiptRequest;
}

/**
 * What customers and the shop do with returns. A change is durable in PostgreSQL when it returns, and refused there under the lock of
 * the order; then the workflow of the return acts on it.
 */
export interface ReturnService {
  /**
   * Requests a return of delivered pieces, once for each key.
   *
   * @throws {Problem} `order_not_found`, `invalid_request`, `not_returnable` with what is left, `unknown_sku`, `currency_mismatch`,
   *   `currency_not_supported`, `amount_not_chargeable`, `idempotency_key_reused`
   */
  request(command: RequestReturnCommand): Promise<ReturnView>;
  /** @throws {Problem} `return_not_found`, also for a return of another client */
  find(key: ReturnKey): Promise<ReturnView>;
  list(filter: ReturnFilter): Promise<ReturnView[]>;
  /** Safe to repeat. @throws {Problem} `return_not_found`, `return_state_conflict`, `not_returnable` */
  decide(command: DecideReturnCommand): Promise<ReturnView>;
  /**
   * Records what has arrived, once for each key. The pieces that are not missing are refunded.
   *
   * @throws {Problem} `return_not_found`, `return_state_conflict`, `quantity_exceeds_line`, `location_not_found`,
   *   `idempotency_key_reused`
   */
  receive(command: ReceiveReturnCommand): Promise<ReturnView>;
}

export function createReturnService(parts: ReturnServiceParts): ReturnService {
  const { store, returns, catalogue, chargeRules, policy, logger } = parts;

  const find = (key: ReturnKey): Promise<ReturnView> => findReturn(store, key);

  /** The change is durable already, and its event wakes the workflow too, only later. */
  async function wake(
    { returnId, orderId, number }: ReturnView,
    sequence: number | undefined,
  ): Promise<void> {
    try {
      await returns.changed({ returnId, orderId, number, ...(sequence !== undefined && { sequence }) });
    } catch (error) {
      logger.warn(
        { returnId, cause: error instanceof Error ? error.message : typeof error },
        'the return service could not signal a workflow; the relay signals it',
      );
    }
  }

  /** The order of an exchange has to be possible, as far as that is known today. */
  async function requireExchangeable(order: OrderView, { exchange }: ReturnRequest): Promise<void> {
    if (!exchange) return;
    const { currency, payment } = order;
    const request = {
      customer: order.customer ?? { email: '' },
      currency,
      lines: exchange.lines,
      payment: { method: payment.method },
    };
    const { problem } = quote(
      request,
      await catalogue.find([...new Set(exchange.lines.map(({ sku }) => sku))]),
      chargeRules,
    );
    if (problem)
      throw new Problem(problem.code, problem.message, { errors: errorsOfExchange(problem.errors) });
  }

  return {
    find,
    list: (filter) => store.list(filter),

    async request(command) {
      const { clientId, orderId, key, request } = command;
      const order = await parts.findOrder(clientId, orderId);
      requireOrderLines(order, request.lines);
      const returnId = returnIdOf(orderId, key);
      // The catalogue may have changed since the return was requested: what it refuses now may be a repeat.
      const isRepeat = (await store.find(clientId, returnId)) !== undefined;
      if (!isRepeat) await requireExchangeable(order, request);
      const hash = requestHash(request);
      const result = await store.request({
        returnId,
        orderId,
        lines: request.lines,
        ...(request.reason !== undefined && { reason: request.reason }),
        ...(request.exchange && { exchange: request.exchange.lines }),
        windowMs: policy.returnWindowMs,
        requestHash: hash,
        actor: giverOf(command),
      });
      if (result.outcome === 'refused') throw refusal(result, returnId);
      requireSameBody(result.requestHash, hash);
      return find({ clientId, returnId });
    },

    async decide(command) {
      const { clientId, returnId, action, note } = command;
      await find({ clientId, returnId });
      const result = await store.decide({
        returnId,
        action,
        actor: giverOf(command),
        ...(note !== undefined && { note }),
        ...(action === 'open' && policy.mode === 'carrier' && { label: true }),
      });
      if (result.outcome === 'refused') throw refusal(result, returnId);
      const view = await find({ clientId, returnId });
      await wake(view, result.sequence);
      return view;
    },

    async receive(command) {
      const { sequence } = await recordReceipt(store, command);
      const view = await find(command);
      await wake(view, sequence);
      return view;
    },
  };
}

async function findReturn(
  store: Pick<ReturnStore, 'find'>,
  { clientId, returnId }: ReturnKey,
): Promise<ReturnView> {
  const found = isReturnId(returnId) ? await store.find(clientId, returnId) : undefined;
  if (found) return found;
  throw new Problem(
    'return_not_found',
    'No return of an order that was placed with this API key has this id.',
  );
}

/**
 * Records what has arrived, without waking the workflow of the return.
 *
 * @throws {Problem} as {@link ReturnService.receive}
 */
export async function recordReceipt(
  store: Pick<ReturnStore, 'find' | 'receive'>,
  command: ReceiveReturnCommand,
): Promise<{ orderId: string; sequence?: number }> {
  const { returnId, key, request } = command;
  const { orderId } = await findReturn(store, command);
  const result = await store.receive({
    returnId,
    ...receiptIdsOf(orderId, returnId, key),
    actor: giverOf(command),
    ...request,
  });
  if (result.outcome === 'refused') throw refusal(result, returnId);
  const { sequence } = result;
  return { orderId, ...(sequence !== undefined && { sequence }) };
}

/** The errors of the order of an exchange, with the names that its lines have in the request of the return. */
const errorsOfExchange = (errors: readonly FieldError[]): FieldError[] =>
  errors
    .filter(({ field }) => field.startsWith('lines'))
    .map(({ field, message }) => ({ field: `exchange.${field}`, message }));

function refusal({ code, status, lines = [] }: ReturnRefusal, returnId: string): Problem {
  const extra = status === undefined ? {} : { returnStatus: status };
  switch (code) {
    case 'not_returnable':
      return tooManyPieces(
        code,
        'Pieces can be returned that were delivered, within the time for returns, and are in no other return.',
        lines,
        extra,
      );
    case 'quantity_exceeds_line':
      return tooManyPieces(code, `Return ${returnId} expects fewer pieces.`, lines, extra);
    case 'return_state_conflict':
      return new Problem(code, `Return ${returnId} is ${status ?? 'unknown'}, which does not allow this.`, {
        extra,
      });
    case 'location_not_found':
      return new Problem(code, 'There is no such location: see GET /v1/locations.', {
        errors: [{ field: 'location', message: 'there is no such location' }],
      });
    case 'idempotency_key_reused':
      return new Problem(code, 'Use a new key for another receipt, or send the same lines as before.', {
        errors: [{ field: 'Idempotency-Key', message: 'was used with another body' }],
      });
    case 'order_not_found':
    case 'return_not_found':
      return new Problem(code, `There is no return ${returnId}.`);
  }
}
