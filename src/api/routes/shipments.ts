import { Type } from 'typebox';
import { Address, OrderView } from '../../contracts/http/order.ts';
import {
  ListedShipmentView,
  LostShipmentBody,
  ShipmentChangeBody,
  ShipmentReportBody,
  ShipmentView,
} from '../../contracts/http/shipments.ts';
import { SHIPMENT_STATUSES } from '../../contracts/shipping-states.ts';
import type { FulfilmentService } from '../../fulfilment/fulfilment-service.ts';
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { idempotencyKeyOf } from '../lib/idempotency-key.ts';
import { toPage } from '../lib/pages.ts';
import {
  BODY_PROBLEMS,
  Cursor,
  DEFAULT_LIMIT,
  described,
  OrderPath,
  pageOf,
  PageLimit,
  problems,
} from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { callerOf, clientOf } from '../plugins/authentication.ts';

const ShipmentPath = Type.Object(
  {
    ...OrderPath.properties,
    shipmentId: Type.String({ description: 'The id of the shipment, `shp_…`.' }),
  },
  { additionalProperties: false },
);

const ReportHeaders = Type.Object({
  'Idempotency-Key': Type.String({
    description:
      'Your own unique id of this hand-over. The same key and body are the same shipment, without a limit of time.',
  }),
});

const ListQuery = Type.Object(
  {
    status: Type.Optional(
      Type.Enum([...SHIPMENT_STATUSES], { description: 'Only shipments with this status.' }),
    ),
    late: Type.Optional(
      Type.Boolean({
        description:
          'true: only shipments that the queue `late` counts: not handed over for 48 hours, or on their way for 14 days.',
      }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const ShipmentsOfOrder = Type.Object(
  { data: Type.Array(ShipmentView) },
  { additionalProperties: false, title: 'ShipmentsOfOrder' },
);

const SHIPMENT_ID = /^[\x21-\x7e]{1,200}$/;

/** What the operator can do with a shipment that is not handed over, and how it is described. */
const CHANGES = [
  {
    action: 'hold',
    logged: 'shipment_held',
    operationId: 'holdShipment',
    summary: 'Hold a shipment',
    description: 'It is not sent until it is released. A label that is bought already is kept.',
    done: 'The shipment is on hold.',
  },
  {
    action: 'release',
    logged: 'shipment_released',
    operationId: 'releaseShipment',
    summary: 'Release a shipment that is on hold',
    description: 'It goes on from where it was held.',
    done: 'The shipment is not on hold any more.',
  },
  {
    action: 'cancel',
    logged: 'shipment_cancelled',
    operationId: 'cancelShipment',
    summary: 'Cancel a shipment before it is handed over',
    description:
      'Its label is refunded, and its pieces become a new shipment. To cancel the pieces themselves, cancel lines of the order.',
    done: 'The shipment is cancelled.',
  },
] as const;

/** Shipments of paid orders, for the shop, its operators and its warehouse system. */
export function shipmentRoutes(app: Api, fulfilment: FulfilmentService): void {
  app.get(
    '/v1/shipments',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'listShipments',
        summary: 'List shipments, newest first',
        tags: ['shipping'],
        querystring: ListQuery,
        response: { 200: described(pageOf('ShipmentList', ListedShipmentView), 'One page.'), ...problems() },
      },
    },
    async (request) => {
      const { status, late, limit = DEFAULT_LIMIT, cursor } = request.query;
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, [SHIPMENT_ID]);
      const found = await fulfilment.list({
        clientId: clientOf(request).clientId,
        limit: limit + 1,
        ...(status !== undefined && { status }),
        ...(late !== undefined && { late }),
        ...(after !== undefined && { after }),
      });
      return toPage(
        found,
        limit,
        (shipment) => shipment,
        (last) => encodeCursor(last.shipmentId),
      );
    },
  );

  app.get(
    '/v1/orders/:orderId/shipments',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'listShipmentsOfOrder',
        summary: 'List the shipments of an order',
        tags: ['shipping'],
        params: OrderPath,
        response: { 200: described(ShipmentsOfOrder, 'Oldest first.'), ...problems('order_not_found') },
      },
    },
    async (request) => ({
      data: await fulfilment.ofOrder({
        clientId: clientOf(request).clientId,
        orderId: request.params.orderId,
      }),
    }),
  );

  app.post(
    '/v1/orders/:orderId/shipments',
    {
      config: { scope: 'fulfilment:write', logs: { action: 'shipment_reported', object: 'shipment' } },
      schema: {
        operationId: 'reportShipment',
        summary: 'Report what the warehouse has handed over',
        description:
          'For a shop whose own warehouse buys the labels. The pieces leave the stock, and the customer is told. A planned shipment with the same lines is the one that was handed over.',
        tags: ['shipping'],
        params: OrderPath,
        headers: ReportHeaders,
        body: ShipmentReportBody,
        response: {
          201: described(ShipmentView, 'The shipment is recorded as handed over.'),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_required',
            'idempotency_key_invalid',
            'idempotency_key_reused',
            'order_not_found',
            'location_not_found',
            'not_shippable',
            'quantity_exceeds_line',
          ),
        },
      },
    },
    async (request, reply) => {
      const shipment = await fulfilment.report({
        ...callerOf(request),
        orderId: request.params.orderId,
        key: idempotencyKeyOf(request),
        request: request.body,
      });
      return reply.code(201).send(shipment);
    },
  );

  for (const { action, logged, operationId, summary, description, done } of CHANGES)
    app.post(
      `/v1/orders/:orderId/shipments/:shipmentId/${action}`,
      {
        config: { scope: 'fulfilment:write', logs: { action: logged, object: 'shipment' } },
        preValidation: bodyMayBeAbsent,
        schema: {
          operationId,
          summary,
          description: `${description} Safe to repeat.`,
          tags: ['shipping'],
          params: ShipmentPath,
          body: ShipmentChangeBody,
          response: {
            200: described(ShipmentView, done),
            ...problems(...BODY_PROBLEMS, 'order_not_found', 'shipment_not_found', 'shipment_too_late'),
          },
        },
      },
      (request) => fulfilment.change({ ...callerOf(request), ...request.params, ...request.body, action }),
    );

  app.post(
    '/v1/orders/:orderId/shipments/:shipmentId/deliver',
    {
      config: { scope: 'fulfilment:write', logs: { action: 'shipment_delivered', object: 'shipment' } },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'deliverShipment',
        summary: 'Record that a parcel was delivered',
        description: 'For a parcel that no carrier is asked for. Safe to repeat.',
        tags: ['shipping'],
        params: ShipmentPath,
        body: ShipmentChangeBody,
        response: {
          200: described(ShipmentView, 'The shipment is delivered.'),
          ...problems(
            ...BODY_PROBLEMS,
            'order_not_found',
            'shipment_not_found',
            'shipment_too_late',
            'shipment_not_shipped',
          ),
        },
      },
    },
    (request) =>
      fulfilment.change({ ...callerOf(request), ...request.params, ...request.body, action: 'deliver' }),
  );

  app.post(
    '/v1/orders/:orderId/shipments/:shipmentId/lost',
    {
      config: { scope: 'fulfilment:write', logs: { action: 'shipment_lost', object: 'shipment' } },
      schema: {
        operationId: 'loseShipment',
        summary: 'Record that a parcel is lost',
        description:
          'Its pieces are sent again as another shipment, taken from the stock, or their money goes back. Safe to repeat.',
        tags: ['shipping'],
        params: ShipmentPath,
        body: LostShipmentBody,
        response: {
          200: described(ShipmentView, 'The shipment is lost.'),
          ...problems(
            ...BODY_PROBLEMS,
            'order_not_found',
            'shipment_not_found',
            'shipment_too_late',
            'shipment_not_shipped',
            'not_shippable',
          ),
        },
      },
    },
    (request) =>
      fulfilment.change({
        ...callerOf(request),
        ...request.params,
        ...request.body,
      }),
  );

  app.put(
    '/v1/orders/:orderId/shipping',
    {
      config: { scope: 'orders:write', logs: { action: 'address_changed', object: 'order' } },
      schema: {
        operationId: 'changeAddress',
        summary: 'Change the address of an order',
        description:
          'Before a label is bought. An address that the carrier has refused is corrected like this, and its label is then bought.',
        tags: ['shipping'],
        params: OrderPath,
        body: Address,
        response: {
          200: described(OrderView, 'The order with its new address.'),
          ...problems(...BODY_PROBLEMS, 'order_not_found', 'address_too_late', 'not_shippable'),
        },
      },
    },
    (request) =>
      fulfilment.changeAddress({
        ...callerOf(request),
        orderId: request.params.orderId,
        shipping: request.body,
      }),
  );
}
