import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEasyPostClient, type EasyPost } from '../../src/adapters/easypost/client.ts';
import { EasyPostLedger, type LedgerEntry } from '../../sandbox/easypost/ledger.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { carrierAt, easypostSecret, EasyPostListener, shipmentRequest } from '../support/sandbox/easypost.ts';
import { readyMessage, spawnSandbox } from '../support/sandbox/process.ts';
import { TestSandbox } from '../support/sandbox/sandbox.ts';

const SHIPMENT = {
  to_address: { name: 'Elizabeth', street1: '179 N Harbor Dr', city: 'Redondo Beach', zip: '90277' },
  from_address: { name: 'Jack', street1: '388 Townsend St', city: 'San Francisco', zip: '94107' },
  parcel: { weight: 17 },
};

interface Body {
  readonly error?: { readonly code: string; readonly errors: readonly { readonly field: string }[] };
  readonly has_more?: boolean;
  readonly shipments?: readonly { readonly id: string }[];
  readonly trackers?: readonly { readonly id: string }[];
}

describe('sandbox: EasyPost', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());

  const official = (): EasyPost => createEasyPostClient({ apiKey: 'EZTKtest', apiBase: sandbox.running.url });
  async function request(
    method: string,
    path: string,
    body?: object,
    authorization = `Basic ${Buffer.from('EZTKtest:').toString('base64')}`,
  ): Promise<{ status: number; text: string; body: Body }> {
    const response = await fetch(`${sandbox.running.url}/v2${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) as Body };
  }
  async function bought(): Promise<string> {
    const { id, rates } = await official().Shipment.create(SHIPMENT);
    const [rate] = rates;
    assert(rate);
    await official().Shipment.buy(id, rate);
    return id;
  }

  it('only an API key of test mode is accepted', async () => {
    for (const key of ['', 'Basic RVpBSzE6', 'Bearer sk_test_1']) {
      const { status, body } = await request('GET', '/shipments', undefined, key);
      assert.deepEqual([status, body.error?.code], [401, 'UNAUTHORIZED']);
    }
    assert.equal((await request('GET', '/shipments', undefined, 'Bearer EZTKpython')).status, 200);
  });

  it('an error has the code, the message and the fields of EasyPost', async () => {
    for (const [path, body, status, code, field] of [
      ['/shipments', { shipment: {} }, 422, 'PARAMETER.REQUIRED', 'shipment'],
      ['/shipments', { shipment: { ...SHIPMENT, parcel: {} } }, 422, 'PARAMETER.REQUIRED', 'parcel'],
      ['/shipments', { shipment: { ...SHIPMENT, to_address: { id: 'adr_1' } } }, 404, 'NOT_FOUND', undefined],
      ['/shipments/shp_1/buy', {}, 404, 'NOT_FOUND', undefined],
      ['/trackers', { tracker: {} }, 422, 'PARAMETER.REQUIRED', 'tracking_code'],
      ['/batches', {}, 404, 'NOT_FOUND', undefined],
      [
        '/addresses',
        { address: { street1: '000 unknown street', street2: 'sandbox_refused' }, verify_strict: [true] },
        422,
        'ADDRESS.VERIFY.FAILURE',
        'address',
      ],
    ] as const) {
      const answer = await request('POST', path, body);
      const { error } = answer.body;
      assert.deepEqual([answer.status, error?.code, error?.errors[0]?.field], [status, code, field], path);
    }
  });

  it('an address is verified when that is asked for, and can be used by its id', async () => {
    const address = { street1: '417 montgomery street', city: 'San Francisco', zip: '94104' };
    const plain = await official().Address.create({ ...address });
    assert.equal(plain.verifications.delivery, undefined);
    const { id, street1, zip, verifications } = await official().Address.create({ ...address, verify: true });
    assert.deepEqual([street1, zip], ['417 MONTGOMERY STREET', '94104-1234']);
    assert.equal(verifications.delivery.success, true);
    const { to_address } = await official().Shipment.create({ ...SHIPMENT, to_address: { id } });
    assert.equal(to_address.id, id);
  });

  it('a parcel to another country has rates only with a customs declaration', async () => {
    const abroad = (from: string, to: string, rest: object = {}) =>
      official().Shipment.create({
        ...SHIPMENT,
        to_address: { ...SHIPMENT.to_address, country: to },
        from_address: { ...SHIPMENT.from_address, country: from },
        ...rest,
      });
    const { rates, messages } = await abroad('US', 'DE');
    assert.deepEqual(rates, []);
    assert.match(messages[0]?.message ?? '', /'customs_info' is required for international shipments/);
    const declared = await abroad('US', 'DE', { customs_info: { contents_type: 'merchandise' } });
    assert.ok(declared.rates.length > 0);
    assert.ok((await abroad('DE', 'FR')).rates.length > 0);
  });

  it('a second purchase is refused', async () => {
    const id = await bought();
    const { rates } = await official().Shipment.retrieve(id);
    const again = await request('POST', `/shipments/${id}/buy`, { rate: { id: rates[0]?.id } });
    assert.deepEqual([again.status, again.body.error?.code], [422, 'SHIPMENT.POSTAGE.EXISTS']);
  });

  it('lists are pages, newest first, by the ids of EasyPost', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await official().Shipment.create(SHIPMENT)).id);
    const first = await request('GET', '/shipments?page_size=3');
    assert.deepEqual(
      [first.body.shipments?.map(({ id }) => id), first.body.has_more],
      [ids.slice(0, 3), true],
    );
    const next = await request('GET', `/shipments?page_size=2&before_id=${ids[2] ?? ''}`);
    assert.deepEqual(
      next.body.shipments?.map(({ id }) => id),
      ids.slice(3, 5),
    );
    const newer = await request('GET', `/shipments?after_id=${ids[1] ?? ''}`);
    assert.deepEqual([newer.body.shipments?.map(({ id }) => id), newer.body.has_more], [[ids[0]], false]);
    const unpurchased = await request('GET', '/shipments?purchased=false&page_size=100');
    const purchased = await request('GET', '/shipments?purchased=true&page_size=100');
    assert.ok(unpurchased.body.shipments?.some(({ id }) => id === ids[0]));
    assert.ok(!purchased.body.shipments?.some(({ id }) => id === ids[0]));
    const old = await request('GET', '/shipments?start_datetime=2020-01-01T00:00:00Z');
    assert.deepEqual(old.body.shipments, [], 'one month from the start');
    assert.equal((await request('GET', '/shipments?page_size=101')).status, 422);
  });

  it('a whole weight is written with a fraction, as EasyPost signs it', async () => {
    const { text } = await request('POST', '/shipments', { shipment: SHIPMENT });
    assert.match(text, /"weight":17\.0,/);
  });

  it('a parcel takes the route of its scenario and then moves no more', async () => {
    const carrier = carrierAt(sandbox.running.url);
    for (const [scenario, end] of [
      ['sandbox_lost', 'failure'],
      ['sandbox_returned', 'return_to_sender'],
    ] as const) {
      const { carrierShipmentId } = await carrier.createShipment(shipmentRequest(scenario, scenario));
      const { trackerId } = await carrier.buyLabel({ carrierShipmentId, service: 'cheapest' });
      for (let left = true; left;) {
        const answer = await fetch(`${sandbox.running.url}/sandbox/parcels/${scenario}/report`, {
          method: 'POST',
        });
        left = answer.status === 200;
      }
      assert.equal((await carrier.retrieveTracker(trackerId)).status, end);
    }
  });

  it('a carrier may report something else, also backwards', async () => {
    const id = await bought();
    const at = '2026-03-01T12:00:00Z';
    await sandbox.control('POST', `/parcels/${id}/report`, { status: 'delivered' });
    await sandbox.control('POST', `/parcels/${id}/report`, {
      ...{ status: 'in_transit', message: 'Missorted', at },
      ...{ city: 'Reno', country: 'US' },
    });
    const { tracker } = await official().Shipment.retrieve(id);
    const last = tracker.tracking_details.at(-1);
    assert.deepEqual(
      [tracker.status, last?.message, last?.datetime, last?.tracking_location.city],
      ['in_transit', 'Missorted', at, 'Reno'],
    );
    await assert.rejects(sandbox.control('POST', `/parcels/${id}/report`, { status: 'flying' }), /one of/);
  });

  it('an outage of an address lasts until its end is set', async () => {
    const own = new TestSandbox();
    await own.start();
    try {
      const carrier = carrierAt(own.running.url);
      const attempt = () => carrier.createShipment(shipmentRequest('outage/1', 'sandbox_outage'));
      await assert.rejects(attempt(), /503/);
      await carrier.createShipment(shipmentRequest('outage/2'));
      await own.control('POST', '/easypost/outage', { until: '2020-01-01T00:00:00Z' });
      await attempt();
    } finally {
      await own.remove();
    }
  });

  describe('with a step of time', () => {
    const listener = new EasyPostListener();
    const moving = new TestSandbox({ trackerStepMs: 30 });
    before(async () => {
      await listener.listen();
      await moving.start({ easypostWebhookUrl: listener.url, easypostWebhookSecret: easypostSecret });
    });
    after(async () => {
      listener.close();
      await moving.remove();
    });

    it('a parcel is delivered by itself, and every move is a signed event', async () => {
      listener.failNext = 1;
      const carrier = carrierAt(moving.running.url);
      const { carrierShipmentId } = await carrier.createShipment(shipmentRequest('moving/1'));
      const { trackerId } = await carrier.buyLabel({ carrierShipmentId, service: 'cheapest' });
      await waitUntilPasses(async () => {
        assert.equal((await carrier.retrieveTracker(trackerId)).status, 'delivered');
        assert.deepEqual(listener.descriptionsOf(trackerId).sort(), [
          'tracker.created',
          ...Array.from({ length: 4 }, () => 'tracker.updated'),
        ]);
      });
      assert.equal(new Set(listener.events.map(({ id }) => id)).size, 5);
      assert.deepEqual(listener.invalid, []);
      const sent = await moving.control('POST', '/easypost/webhooks/resend', { parcel: trackerId, times: 2 });
      assert.deepEqual(sent, { sent: 10, accepted: 10 });
      assert.equal(new Set(listener.events.map(({ id }) => id)).size, 5, 'the ids are the same');
    });

    it('the refund of a label is decided, and its parcel does not move', async () => {
      const carrier = carrierAt(moving.running.url);
      const { carrierShipmentId } = await carrier.createShipment(shipmentRequest('moving/2'));
      const { trackerId } = await carrier.buyLabel({ carrierShipmentId, service: 'cheapest' });
      assert.equal(await carrier.refundLabel(carrierShipmentId), 'submitted');
      await waitUntilPasses(async () => {
        assert.equal(await carrier.refundLabel(carrierShipmentId), 'refunded');
        assert.equal((await carrier.retrieveTracker(trackerId)).status, 'cancelled');
      });
    });

    it('a parcel moves on after a restart, and events that could not be delivered are', async () => {
      listener.failNext = Number.POSITIVE_INFINITY;
      const carrier = () => carrierAt(moving.running.url);
      const { carrierShipmentId } = await carrier().createShipment(shipmentRequest('moving/3'));
      const { trackerId } = await carrier().buyLabel({ carrierShipmentId, service: 'cheapest' });
      await moving.restart({ easypostWebhookUrl: listener.url, easypostWebhookSecret: easypostSecret });
      listener.failNext = 0;
      await waitUntilPasses(async () => {
        assert.equal((await carrier().retrieveTracker(trackerId)).status, 'delivered');
        assert.equal(listener.descriptionsOf(trackerId).length, 5);
      });
    });
  });

  it('labels survive kill -9', async () => {
    const own = new TestSandbox();
    await own.start();
    await own.running.close();
    const env = { SANDBOX_DATA_DIR: own.dataDir, SANDBOX_TRACKER_STEP_MS: '0' };
    const first = spawnSandbox(env);
    try {
      const carrier = carrierAt((await readyMessage(first)).url);
      const labels = await Promise.all(
        Array.from({ length: 30 }, async (_, n) => {
          const { carrierShipmentId } = await carrier.createShipment(shipmentRequest(`kill/${n}`));
          return {
            carrierShipmentId,
            ...(await carrier.buyLabel({ carrierShipmentId, service: 'cheapest' })),
          };
        }),
      );
      first.kill('SIGKILL');
      await once(first, 'exit');
      const second = spawnSandbox(env);
      try {
        const again = carrierAt((await readyMessage(second)).url);
        for (const { carrierShipmentId, trackingCode, trackerId } of labels) {
          const label = await again.buyLabel({ carrierShipmentId, service: 'cheapest' });
          assert.deepEqual([label.trackingCode, label.trackerId], [trackingCode, trackerId]);
        }
        assert.equal((await again.findShipment({ reference: 'kill/7' }))?.label !== undefined, true);
      } finally {
        second.kill('SIGKILL');
        await once(second, 'exit');
      }
    } finally {
      first.kill('SIGKILL');
      await own.remove();
    }
  });

  it('the snapshot of a ledger rebuilds the same ledger', async () => {
    const id = await bought();
    await sandbox.control('POST', `/parcels/${id}/report`);
    const lines = (await readFile(join(sandbox.dataDir, 'easypost.jsonl'), 'utf8')).trim().split('\n');
    const [original, copy] = [new EasyPostLedger(), new EasyPostLedger()];
    for (const line of lines) original.apply(JSON.parse(line) as LedgerEntry);
    for (const entry of original.snapshot()) copy.apply(JSON.parse(JSON.stringify(entry)) as LedgerEntry);
    assert.deepEqual([...copy.snapshot()], [...original.snapshot()]);
    assert.equal(copy.shipment(id)?.postage_label !== null, true);
  });
});
