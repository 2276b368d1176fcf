import type { ExportedOrder } from '../../adapters/postgres/order-export.ts';
import { decimalAmount } from '../../domain/money.ts';
import { csvRow, type Cell } from './csv.ts';

const COLUMNS: readonly (readonly [name: string, cell: (order: ExportedOrder) => Cell])[] = [
  ['order_id', ({ orderId }) => orderId],
  ['created_at', ({ createdAt }) => createdAt.toISOString()],
  ['updated_at', ({ updatedAt }) => updatedAt.toISOString()],
  ['status', ({ status }) => status],
  ['reason', ({ reason }) => reason],
  ['currency', ({ currency }) => currency],
  ['total', ({ total, currency }) => decimalAmount(total, currency)],
  ['captured', ({ captured, currency }) => decimalAmount(captured, currency)],
  ['refunded', ({ refunded, currency }) => decimalAmount(refunded, currency)],
  ['lines', ({ lines }) => lines],
  ['pieces', ({ pieces }) => pieces],
  ['payment_status', ({ paymentStatus }) => paymentStatus],
  ['payment_intent_id', ({ paymentIntentId }) => paymentIntentId],
  ['decline_code', ({ declineCode }) => declineCode],
  ['attention_step', ({ attentionStep }) => attentionStep],
];

const CUSTOMER_COLUMNS: typeof COLUMNS = [
  ['customer_email', ({ customer }) => customer?.email],
  ['customer_name', ({ customer }) => customer?.name],
  ['shipping_name', ({ customer }) => customer?.shipping?.name],
  ['shipping_line1', ({ customer }) => customer?.shipping?.line1],
  ['shipping_line2', ({ customer }) => customer?.shipping?.line2],
  ['shipping_city', ({ customer }) => customer?.shipping?.city],
  ['shipping_state', ({ customer }) => customer?.shipping?.state],
  ['shipping_postal_code', ({ customer }) => customer?.shipping?.postalCode],
  ['shipping_country', ({ customer }) => customer?.shipping?.country],
];

/** The text of a table of orders, piece by piece: its head, and then the rows of each page as the page is read. */
export async function* orderTable(
  pages: AsyncIterable<readonly ExportedOrder[]>,
  withCustomer: boolean,
): AsyncGenerator<string, void, undefined> {
  const columns = withCustomer ? [...COLUMNS, ...CUSTOMER_COLUMNS] : COLUMNS;
  yield csvRow(columns.map(([name]) => name));
  for await (const orders of pages)
    yield orders.map((order) => csvRow(columns.map(([, cell]) => cell(order)))).join('');
}
