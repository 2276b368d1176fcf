import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEasyPostClient } from '../../src/adapters/easypost/client.ts';
import {
  CarrierRefused,
  type CarrierShipment,
  CarrierUnavailable,
} from '../../src/contracts/ports/carrier.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { startSandbox, type Sandbox } from '../../sandbox/server.ts';
import {
  carrierAt,
  customer,
  outage,
  refusal,
  shipmentRequest,
  warehouse,
} from '../support/sandbox/easypost.ts';

describe('adapter: EasyPost', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      smtpPort: 0,
      dataDir: temporaryFolder(),
      webhookSecret: '',
      slowMs: 300,
    });
  });
  after(() => sandbox.close());
  afterEach(() => post('/easypost/faults/reset'));

  const carrier = () => carrierAt(sandbox.url);
  async function post(path: string, body: object = {}): Promise<void> {
    const response = await fetch(`${sandbox.url}/sandbox${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert(response.ok, await response.text());
  }

  describe('an address', () => {
    it('that exists is verified with what the carrier writes differently, capitals apart', async () => {
      assert.deepEqual(await carrier().verifyAddress(customer()), {
        result: 'ok',
        corrections: { postalCode: '90277-1234' },
      });
      const berlin = {
        name: 'Ada',
        line1: '1 High St',
        city: 'Berlin',
        postalCode: '10115',
        country: 'DE',
      };
      assert.deepEqual(await carrier().verifyAddress(berlin), { result: 'ok', corrections: {} });
    });

    it('needs a postal code only where its country has them', async () => {
      const home = { name: 'Ada', line1: '1 Queen’s Road', city: 'Hong Kong', country: 'HK' };
      assert.deepEqual(await carrier().verifyAddress(home), { result: 'ok', corrections: {} });
      assert.equal((await carrier().verifyAddress({ ...home, country: 'DE' })).result, 'refused');
    });

    it('that does not exist is refused with errors of its fields', async () => {
      assert.deepEqual(await carrier().verifyAddress(customer('sandbox_refused')), {
        result: 'refused',
        errors: [{ field: 'address', message: 'Address not found' }],
      });
      assert.deepEqual(await carrier().verifyAddress({ ...customer(), line1: ' ' }), {
        result: 'refused',
        errors: [
          { field: 'address', message: 'Address not found' },
          { field: 'line1', message: 'is missing' },
        ],
      });
      assert.deepEqual(await carrier().verifyAddress({ ...customer(), country: 'USA' }), {
        result: 'refused',
        errors: [{ field: 'country', message: 'is not a code of two letters' }],
      });
    });
  });

  it('a shipment has rates in minor units, in the currency of its origin', async () => {
    const { rates } = await carrier().createShipment(shipmentRequest('rates/1'));
    assert.deepEqual(
      rates.map((rate) => [rate.carrier, rate.service, rate.amount, rate.currency, rate.deliveryDays]),
      [
        ['USPS', 'Express', 3485, 'USD', 1],
        ['USPS', 'Priority', 857, 'USD', 2],
        ['USPS', 'GroundAdvantage', 601, 'USD', 3],
        ['UPSDAP', 'Ground', 902, 'USD', 4],
      ],
    );
    const between = async (from: string, to: string) => {
      const request = shipmentRequest(`rates/${from}/${to}`);
      const shipment = await carrier().createShipment({
        ...request,
        from: { ...request.from, country: from },
        to: { ...request.to, country: to },
      });
      return shipment.rates.map(({ amount, currency, deliveryDays }) => [amount, currency, deliveryDays]);
    };
    assert.deepEqual(await between('JP', 'JP'), [
      [35, 'JPY', 1],
      [9, 'JPY', 2],
      [7, 'JPY', 3],
      [10, 'JPY', 4],
    ]);
    assert.deepEqual(await between('DE', 'FR'), [
      [7290, 'EUR', 4],
      [4725, 'EUR', 8],
      [2125, 'EUR', undefined],
    ]);
  });

  it('a parcel that leaves the customs union is refused as one that needs a declaration', async () => {
    for (const [from, to] of [
      ['US', 'CA'],
      ['DE', 'CH'],
    ] as const) {
      const request = shipmentRequest(`customs/${to}`);
      const creating = carrier().createShipment({
        ...request,
        from: { ...request.from, country: from },
        to: { ...request.to, country: to },
      });
      assert.equal(await refusal(creating), 'customs_required');
    }
  });

  it('a purchase that is refused without a declaration is told from other refusals', async () => {
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('customs/buy'));
    const proxy = createServer((request, response) => {
      const isBuy = request.url?.endsWith('/buy') === true;
      void (async () => {
        const { authorization = '' } = request.headers;
        const shipment = await fetch(`${sandbox.url}${request.url ?? ''}`, { headers: { authorization } });
        const message = "Unable to proceed, 'customs_info' is required for international shipments.";
        const error = { code: 'SHIPMENT.POSTAGE.FAILURE', message, errors: [] };
        response
          .writeHead(isBuy ? 422 : 200, { 'content-type': 'application/json' })
          .end(isBuy ? JSON.stringify({ error }) : await shipment.text());
      })();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const buying = carrierAt(`http://127.0.0.1:${port}`).buyLabel({
        carrierShipmentId,
        service: 'cheapest',
      });
      assert.equal(await refusal(buying), 'customs_required');
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  it('a shipment without a rate is refused with the reasons of the carriers', async () => {
    await assert.rejects(carrier().createShipment(shipmentRequest('none/1', 'sandbox_no_rates')), (error) => {
      assert(error instanceof CarrierRefused);
      assert.equal(error.code, 'no_rates');
      assert.deepEqual(error.errors, [
        { field: 'USPS', message: 'No service delivers to this address. (sandbox)' },
      ]);
      return true;
    });
  });

  for (const [service, bought] of [
    ['cheapest', 'USPS/GroundAdvantage'],
    ['fastest', 'USPS/Express'],
    ['USPS/Priority', 'USPS/Priority'],
    ['upsdap/ground', 'UPSDAP/Ground'],
  ] as const) {
    it(`the label of the service ${service} is bought from ${bought}`, async () => {
      const { carrierShipmentId, rates } = await carrier().createShipment(
        shipmentRequest(`service/${service}`),
      );
      const label = await carrier().buyLabel({ carrierShipmentId, service });
      assert.equal(`${label.carrier}/${label.service}`, bought);
      const rate = rates.find((each) => `${each.carrier}/${each.service}` === bought);
      assert.deepEqual([label.cost, label.currency], [rate?.amount, rate?.currency]);
      assert.match(label.trackingCode, /^94001\d{17}$/);
      assert.equal((await fetch(label.labelUrl)).status, 200);
      assert.equal((await fetch(label.trackingUrl ?? '')).status, 200);
    });
  }

  it('a service that does not exist is refused, and nothing is bought', async () => {
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('service/none'));
    const buying = carrier().buyLabel({ carrierShipmentId, service: 'USPS/Rocket' });
    assert.equal(await refusal(buying), 'no_such_service');
    assert.equal((await carrier().findShipment({ carrierShipmentId }))?.label, undefined);
  });

  it('a label whose answer was lost is not bought again', async () => {
    const { carrierShipmentId } = await carrier().createShipment(
      shipmentRequest('lost/1', 'sandbox_answer_lost'),
    );
    const request = { carrierShipmentId, service: 'cheapest' };
    await outage(carrier().buyLabel(request));
    const label = await carrier().buyLabel(request);
    assert.deepEqual(await carrier().buyLabel(request), label);
    assert.deepEqual((await carrier().findShipment({ reference: 'lost/1' }))?.label, label);
  });

  it('of many purchases of one shipment at the same time one is made', async () => {
    await post('/easypost/faults', { latencyMs: 50 });
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('many/1'));
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => carrier().buyLabel({ carrierShipmentId, service: 'fastest' })),
    );
    const codes = new Set(
      attempts.flatMap((each) => (each.status === 'fulfilled' ? each.value.trackingCode : [])),
    );
    assert.equal(codes.size, 1);
    const inProgress = /SHIPMENT\.PURCHASE\.IN_PROGRESS/;
    const rejected = attempts.filter((each) => each.status === 'rejected');
    assert.ok(rejected.length > 0);
    for (const { reason } of rejected) {
      assert(reason instanceof CarrierUnavailable);
      assert.match(reason.message, inProgress);
    }
  });

  it('a purchase that another process has completed meanwhile returns its label', async () => {
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('other/1'));
    // Another process buys after the shipment was retrieved and before the request to buy arrives.
    let bought = false;
    const proxy = createServer((request, response) => {
      const path = request.url ?? '';
      const isBuy = path.endsWith('/buy');
      void (async () => {
        if (isBuy && !bought) {
          bought = true;
          await carrier().buyLabel({ carrierShipmentId, service: 'cheapest' });
        }
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const answer = await fetch(`${sandbox.url}${path}`, {
          method: request.method ?? 'GET',
          headers: {
            authorization: request.headers.authorization ?? '',
            'content-type': 'application/json',
          },
          ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
        });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      })();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const label = await carrierAt(`http://127.0.0.1:${port}`).buyLabel({
        carrierShipmentId,
        service: 'fastest',
      });
      assert.equal(label.service, 'GroundAdvantage');
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  for (const [scenario, code] of [
    ['sandbox_no_funds', 'PAYMENT_REQUIRED'],
    ['sandbox_no_label', 'SHIPMENT.POSTAGE.FAILURE'],
  ] as const) {
    it(`a purchase that is answered ${code} is refused for good`, async () => {
      const { carrierShipmentId } = await carrier().createShipment(
        shipmentRequest(`refused/${code}`, scenario),
      );
      assert.equal(await refusal(carrier().buyLabel({ carrierShipmentId, service: 'cheapest' })), code);
    });
  }

  it('a shipment of years ago gets new rates before its label is bought, and is listed', async () => {
    const options = {
      ...{ host: '127.0.0.1', port: 0, smtpPort: 0, webhookSecret: '' },
      dataDir: temporaryFolder(),
    };
    const before = await startSandbox(options);
    const { carrierShipmentId, rates } = await carrierAt(before.url).createShipment(shipmentRequest('old/1'));
    await before.close();
    const journal = join(options.dataDir, 'easypost.jsonl');
    const text = readFileSync(journal, 'utf8');
    writeFileSync(journal, text.replaceAll(/(?<="created_at":")\d{4}/g, '2020'));
    const after = await startSandbox(options);
    try {
      await carrierAt(after.url).buyLabel({ carrierShipmentId, service: 'cheapest' });
      const client = createEasyPostClient({ apiKey: 'EZTKtest', apiBase: after.url });
      const { selected_rate } = await client.Shipment.retrieve(carrierShipmentId);
      assert.ok(!rates.some(({ rateId }) => rateId === selected_rate.id));
      const listed: CarrierShipment[] = [];
      for await (const page of carrierAt(after.url).listShipments(new Date(0))) listed.push(...page);
      assert.deepEqual(
        listed.map((each) => each.carrierShipmentId),
        [carrierShipmentId],
      );
    } finally {
      await after.close();
    }
  });

  it('a shipment is found by the reference, which may have any character', async () => {
    const reference = 'ord_1/shipments/1 ä?#%';
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest(reference));
    const found = await carrier().findShipment({ reference });
    assert.equal(found?.carrierShipmentId, carrierShipmentId);
    assert.equal(found.reference, reference);
    assert.equal(await carrier().findShipment({ reference: 'ord_2/shipments/1' }), undefined);
  });

  it('a failure that passes is told from a refusal', async () => {
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('faults/1'));
    const buy = () => carrier().buyLabel({ carrierShipmentId, service: 'cheapest' });
    for (const failNextWith of [500, 503, 429]) {
      await post('/easypost/faults', { failNext: 1, failNextWith, only: 'buy' });
      assert.match(await outage(buy()), new RegExp(String(failNextWith)));
    }
    await post('/easypost/faults', { failNext: 0, dropBefore: 1 });
    assert.match(await outage(buy()), /ECONNRESET/);
    const until = new Date(Date.now() + 60_000).toISOString();
    await post('/easypost/outage', { until });
    assert.match(await outage(carrier().verifyAddress(customer())), /503/);
    await post('/easypost/faults/reset');
    const slow = carrierAt(sandbox.url, 100);
    await post('/easypost/faults', { latencyMs: 1_000 });
    assert.match(
      await outage(slow.buyLabel({ carrierShipmentId, service: 'cheapest' })),
      /ETIME|ECONNABORTED/,
    );
    await post('/easypost/faults/reset');
    assert.match(await outage(carrierAt('http://127.0.0.1:9').retrieveTracker('trk_1')), /ECONNREFUSED/);
    assert.equal(await refusal(carrier().retrieveTracker('trk_none')), 'NOT_FOUND');
  });

  it('an answer that is not from EasyPost, as a proxy gives it, refuses nothing', async () => {
    const proxy = createServer((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>not here</h1>');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await outage(carrierAt(`http://127.0.0.1:${port}`).retrieveTracker('trk_1'));
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  it('the message of a refusal has no personal data', async () => {
    await assert.rejects(
      carrier().createShipment({
        ...shipmentRequest('private/1'),
        to: { ...customer(), country: 'Nowhere' },
      }),
      (error) => {
        assert(error instanceof CarrierRefused);
        assert.equal(error.message, 'The carrier refuses the request (ADDRESS.COUNTRY.INVALID)');
        assert.equal(error.cause, undefined);
        return true;
      },
    );
  });

  it('an unused label is refunded once, and a rejected request is repeated', async () => {
    const buy = async (reference: string, line2?: string): Promise<string> => {
      const { carrierShipmentId } = await carrier().createShipment(shipmentRequest(reference, line2));
      await carrier().buyLabel({ carrierShipmentId, service: 'cheapest' });
      return carrierShipmentId;
    };
    const unused = await buy('refund/1');
    assert.equal(await carrier().refundLabel(unused), 'submitted');
    assert.equal(await carrier().refundLabel(unused), 'submitted');
    await post(`/parcels/${unused}/refund`);
    assert.equal(await carrier().refundLabel(unused), 'refunded');
    const again = carrier().buyLabel({ carrierShipmentId: unused, service: 'cheapest' });
    assert.equal(await refusal(again), 'label_refunded');
    const rejected = await buy('refund/2', 'sandbox_refund_rejected');
    assert.equal(await carrier().refundLabel(rejected), 'rejected');
    assert.equal(await carrier().refundLabel(rejected), 'submitted');
    const used = await buy('refund/3');
    await post(`/parcels/${used}/report`, { status: 'in_transit' });
    assert.equal(await refusal(carrier().refundLabel(used)), 'SHIPMENT.REFUND.UNAVAILABLE');
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('refund/4'));
    assert.equal(await carrier().refundLabel(carrierShipmentId), 'not_applicable');
  });

  it('a parcel is tracked from its label to its delivery', async () => {
    const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('track/1'));
    const { trackerId, trackingCode } = await carrier().buyLabel({ carrierShipmentId, service: 'cheapest' });
    assert.deepEqual((await carrier().retrieveTracker(trackerId)).details, []);
    for (let step = 0; step < 4; step += 1) await post(`/parcels/${trackingCode}/report`);
    const { status, details, trackingUrl } = await carrier().retrieveTracker(trackerId);
    assert.equal(status, 'delivered');
    assert.match(trackingUrl ?? '', /^http/);
    assert.deepEqual(
      details.map((each) => [each.status, each.message, each.city, each.country]),
      [
        ['pre_transit', 'Shipping label created', undefined, undefined],
        ['in_transit', 'Departed facility', 'San Francisco', 'US'],
        ['out_for_delivery', 'Out for delivery', 'Redondo Beach', 'US'],
        ['delivered', 'Delivered', 'Redondo Beach', 'US'],
      ],
    );
  });

  it('a return goes from the customer to the warehouse', async () => {
    const { carrierShipmentId } = await carrier().createShipment({
      reference: 'ord_1/returns/1',
      from: customer(),
      to: warehouse,
      parcel: { weightGrams: 500 },
      isReturn: true,
    });
    const { trackerId, labelUrl } = await carrier().buyLabel({ carrierShipmentId, service: 'cheapest' });
    assert.equal((await carrier().findShipment({ carrierShipmentId }))?.isReturn, true);
    const label = await (await fetch(labelUrl)).text();
    assert.ok(label.indexOf('Elizabeth Swan') < label.indexOf('Warehouse'), label);
    for (let step = 0; step < 4; step += 1) await post(`/parcels/${trackerId}/report`);
    const cities = (await carrier().retrieveTracker(trackerId)).details.map(({ city }) => city);
    assert.deepEqual(cities, [undefined, 'Redondo Beach', 'San Francisco', 'San Francisco']);
  });

  it('a parcel with the label of another shop gets a tracker, the same each time', async () => {
    const request = { trackingCode: 'EZ1000000001', carrier: 'USPS' };
    const tracker = await carrier().createTracker(request);
    assert.equal(tracker.status, 'pre_transit');
    assert.equal((await carrier().createTracker(request)).trackerId, tracker.trackerId);
    const other = await carrier().createTracker({ ...request, carrier: 'FedEx' });
    assert.notEqual(other.trackerId, tracker.trackerId);
  });

  it('the list has every label once, in pages, and no shipment without a label', async () => {
    const own = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      smtpPort: 0,
      dataDir: temporaryFolder(),
      webhookSecret: '',
    });
    try {
      const mine = carrierAt(own.url);
      const ids: string[] = [];
      for (let n = 0; n < 120; n += 1) {
        const { carrierShipmentId } = await mine.createShipment(shipmentRequest(`list/${n}`));
        if (n % 12 === 0) continue;
        await mine.buyLabel({ carrierShipmentId, service: 'cheapest' });
        ids.unshift(carrierShipmentId);
      }
      const listed: CarrierShipment[] = [];
      const pages: number[] = [];
      for await (const page of mine.listShipments(new Date(Date.now() - 365 * 24 * 60 * 60 * 1000))) {
        if (page.length > 0) pages.push(page.length);
        listed.push(...page);
      }
      assert.deepEqual(
        listed.map(({ carrierShipmentId }) => carrierShipmentId),
        ids,
      );
      assert.deepEqual(pages, [100, 10]);
      assert.ok(listed.every(({ label, reference }) => label !== undefined && reference !== undefined));
      const none: CarrierShipment[] = [];
      for await (const page of mine.listShipments(new Date(Date.now() + 2 * 24 * 60 * 60 * 1000)))
        none.push(...page);
      assert.deepEqual(none, []);
    } finally {
      await own.close();
    }
  });
});
