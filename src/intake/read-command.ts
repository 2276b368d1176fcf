import { Type, type Static, type TSchema } from 'typebox';
import type { InboundMessage } from '../contracts/ports/broker.ts';
import { Problem, type FieldError } from '../contracts/errors.ts';
import {
  CancelCommand,
  MAX_PROVIDER_EVENT_BYTES,
  PaymentEventCommand,
  StockItemCommand,
  ReturnReceiveCommand,
  ShipmentUpdateCommand,
  StockSyncCommand,
  type Command,
  type CommandKeys,
  type OrderIds,
} from '../contracts/intake/commands.ts';
import {
  cloudEventKey,
  COMMAND_TYPES,
  commandTypeOf,
  EventSource,
  MessageId,
  type CommandType,
} from '../contracts/messages.ts';
import { OrderRequest } from '../contracts/http/order.ts';
import { StockSyncRow } from '../contracts/http/stock-sync.ts';
import { orderIdOf } from '../orders/order-id.ts';
import { fieldErrors, invalidRequest, schemaCompiler } from '../validation/schema-check.ts';
import { isProviderEvent, isRecord, readEnvelope, type Envelope } from './envelope.ts';

export interface CommandOptions {
  /** The API client that a message acts as. */
  clientId: string;
  /** The largest body, in bytes. */
  bodyLimitBytes: number;
}

/** The longest time by which `notbefore` can delay an order. */
const MAX_DELAY_DAYS = 366;
const DAY_MS = 86_400_000;

const CloudEvent = Type.Object(
  {
    specversion: Type.Optional(Type.Literal('1.0')),
    id: MessageId,
    source: Type.Optional(EventSource),
    type: Type.String({ minLength: 1 }),
    subject: Type.Optional(Type.String({ minLength: 1 })),
    notbefore: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'The checkout of the order does not start before this time (RFC 3339).',
      }),
    ),
    data: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: true },
);
type CloudEvent = Static<typeof CloudEvent>;

const compiler = schemaCompiler({ coerceTypes: false });
const checks = {
  envelope: check(CloudEvent),
  order: check(OrderRequest),
  cancel: check(CancelCommand),
  payment: check(PaymentEventCommand),
  stockItem: check(StockItemCommand),
  stockRow: check(StockSyncRow),
  stockRows: check(StockSyncCommand),
  receipt: check(ReturnReceiveCommand),
  shipment: check(ShipmentUpdateCommand),
};

/**
 * Returns the command of a message, checked like the same request over HTTP.
 *
 * @throws {Problem} `body_too_large`, `unknown_type`, and the problems of a body over HTTP
 */
export function readCommand(message: InboundMessage, options: CommandOptions): Command {
  const { bodyLimitBytes } = options;
  const limit = isProviderEvent(message)
    ? Math.max(bodyLimitBytes, MAX_PROVIDER_EVENT_BYTES)
    : bodyLimitBytes;
  if (message.body.length > limit)
    throw new Problem('body_too_large', `The message is larger than ${limit} bytes.`);
  return commandOf(readEnvelope(message), options);
}

/**
 * Returns the command of an envelope, for example of one that an operator has corrected.
 *
 * @throws {Problem} `unknown_type`, and the problems of a body over HTTP
 */
export function commandOf(envelope: Envelope, { clientId }: CommandOptions): Command {
  const event = requireCloudEvent(envelope);
  const { data } = event;
  const type = typeOf(event);
  const keys = keysOf(event);
  switch (type) {
    case 'com.durable-checkout.order.place.v1': {
      const notBefore = notBeforeOf(event);
      const { specversion, source } = event;
      return {
        ...keys,
        type,
        data: checks.order(data, 'data'),
        ...(notBefore && { notBefore }),
        ...(specversion !== undefined && source !== undefined && { source }),
      };
    }
    case 'com.durable-checkout.order.cancel.v1': {
      // No data is no reason, as over HTTP. The JSON null is refused: its sender has lost what it meant to send, such as the lines.
      const command = checks.cancel(data === undefined ? {} : data, 'data');
      const { lines, reason } = command;
      const request = { ...(lines && { lines }), ...(reason !== undefined && { reason }) };
      return { ...keys, type, data: request, orderIds: ordersToCancel(command, event, clientId) };
    }
    case 'com.durable-checkout.payment.event.v1':
      return { ...keys, type, data: checks.payment(data, 'data') };
    case 'com.durable-checkout.stock.sync.v1':
      return { ...keys, type, data: stockOf(data) };
    case 'com.durable-checkout.return.receive.v1':
      return { ...keys, type, data: checks.receipt(data, 'data') };
    case 'com.durable-checkout.shipment.update.v1': {
      const { orderId = event.subject, ...report } = checks.shipment(data, 'data');
      return { ...keys, type, data: report, orderId: requireOrderId(orderId) };
    }
  }
}

/** Only a message with a `specversion` is a CloudEvent, whose source belongs to its identity. */
function keysOf({ specversion, source, id }: CloudEvent): CommandKeys {
  return specversion === undefined || source === undefined
    ? { key: id }
    : { key: cloudEventKey(source, id), formerKey: id };
}

/** Rows of a stock report, one row, or an item: the older form, which has neither a kind nor a quantity. */
function stockOf(data: unknown): StockItemCommand | StockSyncCommand {
  if (Array.isArray(data)) return checks.stockRows(data, 'data');
  const isRow = isRecord(data) && ('kind' in data || 'quantity' in data);
  return isRow ? [checks.stockRow(data, 'data')] : checks.stockItem(data, 'data');
}

/** A message with a `specversion` must be a complete CloudEvent; any other message needs only an id and a type. */
function requireCloudEvent(envelope: Envelope): CloudEvent {
  const event = checks.envelope(withoutUndefined(envelope), 'body');
  if (event.specversion !== undefined && event.source === undefined)
    throw invalidRequest([{ field: 'source', message: 'is required' }]);
  return event;
}

function typeOf({ type }: CloudEvent): CommandType {
  const known = commandTypeOf(type);
  if (known) return known;
  throw new Problem('unknown_type', `No command has this type. Send one of: ${COMMAND_TYPES.join(', ')}.`, {
    errors: [{ field: 'type', message: 'is not known' }],
  });
}

function notBeforeOf({ notbefore }: CloudEvent): Date | undefined {
  if (notbefore === undefined) return undefined;
  const time = Date.parse(notbefore);
  if (Number.isNaN(time) || time > Date.now() + MAX_DELAY_DAYS * DAY_MS)
    throw invalidRequest([{ field: 'notbefore', message: 'must be a time within a year from now' }]);
  return new Date(time);
}

/**
 * An order that is named by an `idempotencyKey` was placed by a CloudEvent of the same source as the cancellation, unless that states
 * another one; or else by a message or request that has no source, or by a CloudEvent before release 0.3.
 */
function ordersToCancel(
  { orderId, idempotencyKey, source }: CancelCommand,
  event: CloudEvent,
  clientId: string,
): OrderIds {
  if (idempotencyKey === undefined) {
    if (source !== undefined)
      throw invalidRequest([{ field: 'data.source', message: 'must be given together with idempotencyKey' }]);
    return [requireOrderId(orderId ?? event.subject)];
  }
  if (orderId !== undefined)
    throw invalidRequest([
      { field: 'data.idempotencyKey', message: 'must not be given together with orderId' },
    ]);
  const orderOf = (key: string): string => orderIdOf(clientId, key);
  if (source !== undefined) return [orderOf(cloudEventKey(source, idempotencyKey))];
  const plain = orderOf(idempotencyKey);
  return event.specversion === undefined || event.source === undefined
    ? [plain]
    : [orderOf(cloudEventKey(event.source, idempotencyKey)), plain];
}

function requireOrderId(orderId: string | undefined): string {
  if (orderId === undefined) throw invalidRequest([{ field: 'data.orderId', message: 'is required' }]);
  return orderId;
}

function check<T extends TSchema>(schema: T): (value: unknown, root: string) => Static<T> {
  const validate = compiler.compile<Static<T>>(schema);
  return (value, root) => {
    if (validate(value)) return value;
    throw invalidRequest(fieldErrors(validate.errors ?? [], root).map((error) => withRoot(root, error)));
  };
}

/** Adds the prefix `data` to the paths of fields in the data: `data.lines[0].quantity`, `data[0].sku`. Attributes are at the top level. */
const withRoot = (root: string, { field, message }: FieldError): FieldError => ({
  field: root === 'body' || field === root ? field : `${root}${field.startsWith('[') ? '' : '.'}${field}`,
  message,
});

const withoutUndefined = (envelope: Envelope): Record<string, unknown> =>
  Object.fromEntries(Object.entries(envelope).filter(([, value]) => value !== undefined));
