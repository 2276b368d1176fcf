import type { OrderRequest } from '../../src/contracts/http/order.ts';
import type { ReceiptRequest, ReturnRequest } from '../../src/contracts/http/returns.ts';
import type { ShipmentView } from '../../src/contracts/http/shipments.ts';
import { CHANGED_SIGNAL } from '../../src/contracts/temporal/messages.ts';
import { fulfilmentWorkflowId } from '../../src/contracts/temporal/names.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';
import { customerAddress } from '../system/addresses.ts';
import { refusable } from '../system/refusable.ts';
import type { Shop } from '../system/shop.ts';
import { orderRequest, reaches } from './requests.ts';

/** What the shop, its warehouse, the carrier and the customer do with parcels. Each waits through faults. */

/** As long as any order may take to go on. */
const TIMEOUT_MS = 90_000;

/** An order that is shipped. `treatment`: how the carrier treats the parcel. */
export const shippedRequest = (treatment?: string, sku = 'item-1', quantity = 1): OrderRequest => ({
  ...orderRequest('pm_card_visa', sku, quantity),
  shipping: customerAddress(treatment),
});

/** Waits until every open shipment of the order has a label, and returns those shipments. */
export async function labelled({ api }: Shop, orderId: string): Promise<ShipmentView[]> {
  let open: ShipmentView[] = [];
  await waitThroughFaults(
    `the label of ${orderId} is bought`,
    async () => {
      const shipments = await api.shipmentsOf(orderId);
      open = shipments.filter(({ status }) => status !== 'cancelled' && status !== 'delivered');
      return open.length > 0 && open.every(({ status }) => status === 'label_bought');
    },
    TIMEOUT_MS,
  );
  return open;
}

/** Has the carrier report a status of the parcel. */
export const report = (
  { provider }: Pick<Shop, 'provider'>,
  shipmentId: string,
  status: string,
): Promise<void> => provider.control(`/parcels/${shipmentId}/report`, { status });

/** Hands the parcels of the order over to the carrier, which delivers them. */
export async function deliver(shop: Shop, orderId: string): Promise<void> {
  for (const { shipmentId } of await labelled(shop, orderId)) {
    await report(shop, shipmentId, 'in_transit');
    await report(shop, shipmentId, 'delivered');
  }
  await reaches(shop.api, orderId, ['delivered']);
}

/** Lets the day pass after which the carrier is asked what became of the refunds of unused labels. It has accepted them. */
export async function labelsRefunded({ pool, provider, temporal }: Shop, orderId: string): Promise<void> {
  const inState = async (state: string): Promise<string[]> => {
    const sql = `select carrier_shipment_id as id from shipments where order_id = $1 and label_refund = $2`;
    const { rows } = await pool.query<{ id: string }>(sql, [orderId, state]);
    return rows.map(({ id }) => id);
  };
  await waitThroughFaults(
    `the refund of a label of ${orderId} is requested`,
    async () => (await inState('submitted')).length > 0,
    TIMEOUT_MS,
  );
  for (const id of await inState('submitted')) await provider.control(`/parcels/${id}/refund`);
  await pool.query(
    `update shipments set next_check_at = clock_timestamp() where order_id = $1 and label_refund = 'submitted'`,
    [orderId],
  );
  await temporal.workflow.getHandle(fulfilmentWorkflowId(orderId)).signal(CHANGED_SIGNAL);
  await waitThroughFaults(
    `the labels of ${orderId} are refunded`,
    async () => (await inState('submitted')).length === 0,
    TIMEOUT_MS,
  );
}

/** The customer asks to return goods, and the shop agrees. Returns the id of the return. */
export async function openReturn({ api }: Shop, orderId: string, request: ReturnRequest): Promise<string> {
  const { returnId } = await api.requestReturn(orderId, request, 'return');
  await api.decideReturn(returnId, 'open');
  return returnId;
}

export const returnLabelled = ({ api }: Shop, returnId: string): Promise<void> =>
  waitThroughFaults(
    `the label of ${returnId} is bought`,
    async () => (await api.getReturn(returnId)).labelUrl !== undefined,
    TIMEOUT_MS,
  );

/** Pieces of the first line have come back, and can be sold again. */
export const received = (pieces: number): ReceiptRequest => ({
  lines: [{ line: 1, quantity: pieces, disposition: 'restocked' }],
});

/** The customer sends pieces of the first line back, and gets their money. */
export async function sendBack(shop: Shop, orderId: string, pieces: number): Promise<void> {
  const request = { lines: [{ line: 1, quantity: pieces }], reason: 'too small' };
  const returnId = await openReturn(shop, orderId, request);
  await returnLabelled(shop, returnId);
  await shop.api.receiveReturn(returnId, received(pieces), 'receipt');
}

export const isParked = ({ api }: Shop, orderId: string, step: string): Promise<void> =>
  waitThroughFaults(
    `step ${step} of ${orderId} is parked`,
    async () => (await api.getOrder(orderId)).attention?.step === step,
    TIMEOUT_MS,
  );

/** An operator decides about a parked step. After a crash the workflow refuses that until a worker has replayed it. */
export async function resolveStep(
  shop: Shop,
  orderId: string,
  step: string,
  action: 'retry' | 'skip',
): Promise<void> {
  await isParked(shop, orderId, step);
  await waitThroughFaults(
    `step ${step} of ${orderId} is resolved`,
    async () => {
      await refusable(shop.api.resolveAttention(orderId, { action, step }));
      return (await shop.api.getOrder(orderId)).attention?.step !== step;
    },
    TIMEOUT_MS,
    500,
  );
}
