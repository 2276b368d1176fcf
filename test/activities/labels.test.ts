import assert from 'node:assert/strict';
import { createCarrierActivities } from '../../src/activities/carrier.ts';
import { createReturnActivities } from '../../src/activities/returns.ts';
import { createReturnStore, type ReturnStore } from '../../src/adapters/postgres/return-store.ts';
import type { Carrier, LabelRequest, ShipmentRequest } from '../../src/contracts/ports/carrier.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { openProvider, type Provider } from '../support/provider.ts';
import { ADDRESS, shippingShop, type ShippingShop } from '../support/shipments.ts';

const DAY_MS = 86_400_000;

describe('labels', function () {
  this.timeout(120_000);
  let shop: Shop;
  let provider: Provider;
  let ship: ShippingShop;
  let returns: ReturnStore;

  before(async () => {
    shop = await openShop();
    provider = await openProvider();
    ship = shippingShop(shop);
    returns = createReturnStore(shop.pool);
  });
  after(async () => {
    await provider.close();
    await shop.close();
  });
  beforeEach(() => setAddress({}));

  const setAddress = (changes: Partial<typeof ADDRESS>) =>
    shop.pool.query('update locations set address = $1', [JSON.stringify({ ...ADDRESS, ...changes })]);
  const order = async (): Promise<string> => ship.order([{ sku: await shop.item(10), quantity: 1 }]);
  /** Buys the labels of an order at the carrier, which `changes` differs from the sandbox. */
  const buyLabel = (orderId: string, changes: Partial<Carrier> = {}) =>
    runActivity(
      createCarrierActivities({
        shipments: ship.shipments,
        carrier: { ...provider.carrier, ...changes },
        service: 'cheapest',
      }),
      'buyLabel',
      [[{ orderId }]],
    );

  it('of an order are not bought to an address that was changed while the carrier was asked', async () => {
    const orderId = await order();
    await ship.plan(orderId);
    const moved = { ...ADDRESS, line1: '3 Other St' };
    const requests: ShipmentRequest[] = [];
    const createShipment = async (request: ShipmentRequest) => {
      requests.push(request);
      const created = await provider.carrier.createShipment(request);
      if (requests.length === 1) {
        const [changed] = await ship.shipments.changeAddress([{ orderId, shipping: moved }]);
        assert.equal(changed?.outcome, 'done');
      }
      return created;
    };
    await buyLabel(orderId, { createShipment });
    assert.equal((await ship.plan(orderId)).buyLabels, true);
    await buyLabel(orderId, { createShipment });
    assert.equal((await ship.plan(orderId)).buyLabels, false);
    assert.deepEqual(
      requests.map(({ to }) => to.line1),
      [ADDRESS.line1, moved.line1],
    );
  });

  it('of an order that needs a customs declaration wait for an operator, who is told what to do', async () => {
    await setAddress({ country: 'US' });
    const orderId = await order();
    await ship.plan(orderId);
    const failure = await failureOf(buyLabel(orderId));
    assert.deepEqual([failure.type, failure.nonRetryable], ['CarrierRefused', true]);
    assert.match(failure.message, /\(customs_required\): the parcel needs a customs declaration/);
  });

  async function openReturn(): Promise<string> {
    const orderId = await order();
    await ship.plan(orderId);
    const [shipment] = await ship.shipmentsOf(orderId);
    assert(shipment);
    await ship.buy(orderId, shipment.shipmentId);
    await ship.track(orderId, shipment.shipmentId, 'delivered');
    const returnId = `ret_${orderId.slice(4)}`;
    await returns.request({
      ...{ returnId, orderId, windowMs: DAY_MS, requestHash: 'a'.repeat(64) },
      lines: [{ line: 1, quantity: 1 }],
    });
    await returns.decide({ returnId, action: 'open', label: true });
    return returnId;
  }
  const buyReturnLabel = async (returnId: string, changes: Partial<Carrier> = {}) => {
    const { orderId } = await returns.work(returnId);
    return runActivity(
      createReturnActivities({
        returns,
        carrier: { ...provider.carrier, ...changes },
        service: 'cheapest',
        placeOrder: () => Promise.reject(new Error('no order is placed')),
      }),
      'buyReturnLabel',
      [[{ returnId, orderId }]],
    );
  };

  it('of a return that are refused are bought after the address of the location was corrected', async () => {
    const returnId = await openReturn();
    await setAddress({ country: 'US' });
    const abroad = await failureOf(buyReturnLabel(returnId));
    assert.match(abroad.message, /customs_required/);
    await setAddress({});
    const requests: ShipmentRequest[] = [];
    const createShipment = (request: ShipmentRequest) => {
      requests.push(request);
      return provider.carrier.createShipment(request);
    };
    // The carrier refuses this address only when the label is bought.
    await setAddress({ line1: '1 Wrong St' });
    const buyLabel = (request: LabelRequest) =>
      provider.carrier.buyLabel({ ...request, service: 'USPS/None' });
    const refused = await failureOf(buyReturnLabel(returnId, { createShipment, buyLabel }));
    assert.match(refused.message, /no_such_service/);
    await setAddress({});
    await buyReturnLabel(returnId, { createShipment });
    assert.equal((await returns.work(returnId)).label, 'bought');
    assert.deepEqual(
      requests.map(({ to }) => to.line1),
      ['1 Wrong St', ADDRESS.line1],
    );
  });

  it('of a return wait for an operator while its location has no address', async () => {
    const returnId = await openReturn();
    await shop.pool.query('update locations set address = null');
    const failure = await failureOf(buyReturnLabel(returnId));
    assert.deepEqual([failure.type, failure.nonRetryable], ['AddressMissing', true]);
  });
});
