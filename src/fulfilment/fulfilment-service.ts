import type {
  ChangeResult,
  ReportResult,
  ShipmentAction,
  ShipmentFilter,
  ShipmentStore,
} from '../adapters/postgres/shipment-store.ts';
import { giverOf, type GivenBy } from '../contracts/actor.ts';
import { Problem, type FieldError, type ProblemCode } from '../contracts/errors.ts';
import type { Address, OrderView } from '../contracts/http/order.ts';
import type { ListedShipmentView, ShipmentReportBody, ShipmentView } from '../contracts/http/shipments.ts';
import type { Tracker } from '../contracts/ports/carrier.ts';
import { requestHash, requireSameBody } from '../orders/request-hash.ts';
import type { Logger } from '../platform/logging.ts';
import { reportedTime } from '../validation/reported-time.ts';
import { invalidRequest } from '../validation/schema-check.ts';
import type { FulfilmentClient } from './fulfilment-client.ts';

export interface FulfilmentServiceParts {
  shipments: ShipmentStore;
  fulfilments: FulfilmentClient;
  /** @throws {Problem} `order_not_found` for an order that is not the client's */
  findOrder(clientId: string, orderId: string): Promise<OrderView>;
  logger: Logger;
}

interface OrderKey {
  clientId: string;
  orderId: string;
}

export interface ReportShipmentCommand extends OrderKey, GivenBy {
  /** The idempotency key. */
  key: string;
  request: ShipmentReportBody;
}

export interface ChangeShipmentCommand extends OrderKey, GivenBy {
  shipmentId: string;
  action: ShipmentAction;
  /** In the words of whoever asks. */
  reason?: string;
}

export interface ChangeAddressCommand extends OrderKey, GivenBy {
  shipping: Address;
}

/**
 * What the shop, its warehouse and the carrier do with shipments. A change is durable in PostgreSQL when it returns, and refused there
 * under the lock of the order; then the workflow of the order acts on it.
 */
export interface FulfilmentService {
  /** Returns the shipments of an order, oldest first. */
  ofOrder(key: OrderKey): Promise<ShipmentView[]>;
  list(filter: ShipmentFilter): Promise<ListedShipmentView[]>;
  /**
   * Records what the warehouse has handed over, once for each key.
   *
   * @throws {Problem} `order_not_found`, `not_shippable`, `quantity_exceeds_line`, `location_not_found`, `idempotency_key_reused`
   */
  report(command: ReportShipmentCommand): Promise<ShipmentView>;
  /** Safe to repeat. @throws {Problem} `order_not_found`, `shipment_not_found`, `shipment_too_late`, `shipment_not_shipped`, `not_shippable` */
  change(command: ChangeShipmentCommand): Promise<ShipmentView>;
  /** Safe to repeat. @throws {Problem} `order_not_found`, `address_too_late`, `not_shippable` */
  changeAddress(command: ChangeAddressCommand): Promise<OrderView>;
  /**
   * An event of the carrier about a tracker: a hint, after which the carrier is asked. A tracker that is not known here is ignored. If it
   * throws, the event must be sent again.
   */
  trackerChanged(tracker: Pick<Tracker, 'trackerId'>): Promise<void>;
}

export function createFulfilmentService(parts: FulfilmentServiceParts): FulfilmentService {
  const { shipments, fulfilments, logger } = parts;
  const findOrder = (clientId: string, orderId: string) => parts.findOrder(clientId, orderId);

  /** The change is durable already, and its event wakes the workflow too, only later. */
  async function wake(orderId: string, sequence: number | undefined): Promise<void> {
    try {
      await fulfilments.changed(orderId, sequence);
    } catch (error) {
      logger.warn(
        { orderId, cause: error instanceof Error ? error.message : typeof error },
        'the fulfilment service could not signal a workflow; the relay signals it',
      );
    }
  }

  async function shipmentOf(key: OrderKey, shipmentId: string): Promise<ShipmentView> {
    const order = await findOrder(key.clientId, key.orderId);
    const found = order.shipments.find((shipment) => shipment.shipmentId === shipmentId);
    if (!found)
      throw new Problem('shipment_not_found', `Order ${key.orderId} has no shipment ${shipmentId}.`);
    return found;
  }

  return {
    async ofOrder({ clientId, orderId }) {
      return (await findOrder(clientId, orderId)).shipments;
    },

    list: (filter) => shipments.list(filter),

    async report(command) {
      const { clientId, orderId } = command;
      const result = await recordReport(parts, command);
      await wake(orderId, result.sequence);
      return shipmentOf({ clientId, orderId }, result.shipmentId);
    },

    async change(command) {
      const { clientId, orderId, shipmentId, action, reason } = command;
      await shipmentOf({ clientId, orderId }, shipmentId);
      const result = accepted(
        await shipments.change([
          {
            orderId,
            shipmentId,
            action,
            actor: giverOf(command),
            ...(reason !== undefined && { reason }),
          },
        ]),
        orderId,
      );
      await wake(orderId, result.sequence);
      return shipmentOf({ clientId, orderId }, shipmentId);
    },

    async changeAddress(command) {
      const { clientId, orderId, shipping } = command;
      await findOrder(clientId, orderId);
      const result = accepted(
        await shipments.changeAddress([{ orderId, shipping, actor: giverOf(command) }]),
        orderId,
      );
      await wake(orderId, result.sequence);
      return findOrder(clientId, orderId);
    },

    async trackerChanged({ trackerId }) {
      for (const { orderId } of await shipments.requestTracking([trackerId]))
        await fulfilments.changed(orderId);
    },
  };
}

/**
 * Records what the warehouse has handed over, without waking the workflow of the order.
 *
 * @throws {Problem} as {@link FulfilmentService.report}
 */
export async function recordReport(
  {
    shipments,
    findOrder,
  }: Pick<FulfilmentServiceParts, 'findOrder'> & {
    shipments: Pick<ShipmentStore, 'report'>;
  },
  command: ReportShipmentCommand,
): Promise<Exclude<ReportResult, { outcome: 'refused' }>> {
  const { clientId, orderId, key, request } = command;
  await findOrder(clientId, orderId);
  const { handedOverAt, ...handedOver } = request;
  const reported = handedOverAt === undefined ? undefined : reportedTime(handedOverAt);
  if (reported && 'message' in reported) throw invalidRequest([{ field: 'handedOverAt', ...reported }]);
  const hash = requestHash(request);
  const report = { orderId, key, requestHash: hash, actor: giverOf(command), ...handedOver };
  const result = accepted(
    await shipments.report([{ ...report, ...(reported && { handedOverAt: reported.time }) }]),
    orderId,
  );
  requireSameBody(result.requestHash, hash);
  return result;
}

/** The field of a report that a refusal is about. */
const REFUSED_FIELDS: Partial<Record<ProblemCode, FieldError>> = {
  location_not_found: { field: 'location', message: 'does not exist' },
  quantity_exceeds_line: { field: 'lines', message: 'must be at most what is left' },
};

/** @throws {Problem} if the change was refused */
function accepted<Result extends ReportResult | ChangeResult>(
  results: readonly Result[],
  orderId: string,
): Exclude<Result, { outcome: 'refused' }> {
  const [result] = results;
  if (!result) throw new Error(`PostgreSQL returned no result for order ${orderId}`);
  if (result.outcome === 'refused') {
    const { code, detail } = result;
    const field = REFUSED_FIELDS[code];
    throw new Problem(code, detail, field && { errors: [field] });
  }
  return result as Exclude<Result, { outcome: 'refused' }>;
}
