import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createDeadLetterStore, type DeadLetterStore } from '../../src/adapters/postgres/dead-letters.ts';
import type { Broker, InboundMessage, OutboundMessage } from '../../src/contracts/ports/broker.ts';
import { createDeadLetterOutbox } from '../../src/intake/dead-letter-outbox.ts';
import type { Poller } from '../../src/intake/poller.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the outbox of dead letters', function () {
  this.timeout(60_000);
  let shop: Shop;
  let store: DeadLetterStore;
  const outboxes: Poller[] = [];

  beforeEach(async () => {
    shop = await openShop();
    store = createDeadLetterStore(shop.pool);
  });
  afterEach(async () => {
    await Promise.all(outboxes.splice(0).map((outbox) => outbox.stop()));
    await shop.close();
  });

  const keep = (
    deadLetterId: string,
    source: Broker['name'] = 'rabbitmq',
    changes: Partial<InboundMessage> = {},
  ): Promise<void> =>
    store.keep({
      deadLetterId,
      message: { source, position: '1', body: Buffer.from('{}'), attributes: {}, ...changes },
      reason: 'invalid_request',
      detail: 'It is not valid.',
      errors: [],
      attempts: 1,
    });
  const start = (...brokers: Broker[]): void => {
    const outbox = createDeadLetterOutbox(brokers, store, testLogger);
    outboxes.push(outbox);
    outbox.start();
  };
  /** A broker that keeps the ids of what it was given; `publish` decides when, and whether, it confirms. */
  function brokerThat(
    publish: (id: string, message: OutboundMessage) => Promise<void>,
    name: Broker['name'] = 'rabbitmq',
  ) {
    const received: string[] = [];
    const broker: Broker = {
      name,
      consume: () => Promise.resolve(),
      pause: () => Promise.resolve(),
      close: () => Promise.resolve(),
      publish: async (messages) => {
        for (const message of messages) {
          received.push(message.id);
          await publish(message.id, message);
        }
      },
    };
    return { broker, received };
  }
  const published = async (): Promise<string[]> => {
    const { rows } = await shop.pool.query<{ id: string }>(
      'select dead_letter_id as id from dead_letters where published_at is not null order by first_seen_at',
    );
    return rows.map(({ id }) => id);
  };

  it('holds no transaction while a broker does not answer', async () => {
    await keep('slow');
    let confirm = (): void => undefined;
    const { broker, received } = brokerThat(() => new Promise((resolve) => (confirm = resolve)));
    start(broker);
    await waitUntilPasses(() => {
      assert.deepEqual(received, ['slow']);
    });
    const { rows } = await shop.pool.query(
      `select state, query from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null and backend_type = 'client backend'`,
    );
    assert.deepEqual(rows, []);
    confirm();
    await waitUntilPasses(async () => {
      assert.deepEqual(await published(), ['slow']);
    });
  });

  it('leaves a dead letter to the process that publishes it', async () => {
    await keep('first');
    assert.equal((await store.leaseUnpublished('rabbitmq', 10, 60_000)).length, 1);
    assert.deepEqual(await store.leaseUnpublished('rabbitmq', 10, 60_000), []);
  });

  it('publishes what a process that died has left, when its lease is over', async () => {
    await keep('left');
    await store.leaseUnpublished('rabbitmq', 10, 0);
    const { broker, received } = brokerThat(() => Promise.resolve());
    start(broker);
    await waitUntilPasses(async () => {
      assert.deepEqual([received, await published()], [['left'], ['left']]);
    });
  });

  it('publishes again what the broker has refused, and only that, in order', async () => {
    for (const id of ['one', 'two', 'three']) await keep(id);
    let refusals = 1;
    const { broker, received } = brokerThat((id) =>
      id === 'two' && refusals-- > 0 ? Promise.reject(new Error('refused')) : Promise.resolve(),
    );
    start(broker);
    await waitUntilPasses(async () => {
      assert.deepEqual(await published(), ['one', 'two', 'three']);
    });
    assert.deepEqual(received, ['one', 'two', 'two', 'three']);
  });

  it('publishes to one broker while another refuses', async () => {
    await keep('refused');
    await keep('accepted', 'kafka');
    const refusing = brokerThat(() => Promise.reject(new Error('refused')));
    const working = brokerThat(() => Promise.resolve(), 'kafka');
    start(refusing.broker, working.broker);
    await waitUntilPasses(async () => {
      assert.deepEqual(await published(), ['accepted']);
    });
  });

  it('publishes a large dead letter without its body, and says where the body is', async () => {
    const body = Buffer.alloc(300_000, 'x');
    await keep('large', 'kafka', {
      body,
      attributes: { a: 'y'.repeat(100_000), b: 'z' },
      contentType: 'c'.repeat(300),
    });
    await keep('small', 'kafka');
    const messages: OutboundMessage[] = [];
    const { broker } = brokerThat((_, message) => {
      messages.push(message);
      return Promise.resolve();
    }, 'kafka');
    start(broker);
    await waitUntilPasses(async () => {
      assert.deepEqual(await published(), ['large', 'small']);
    });
    const [large, small] = messages;
    assert.equal(large?.body.length, 0);
    assert.equal(large.headers['dead-letter-size'], '300000');
    assert.equal(large.headers['dead-letter-sha256'], createHash('sha256').update(body).digest('hex'));
    assert.match(large.headers['dead-letter-body'] ?? '', /\/v1\/dead-letters\/large$/);
    assert.equal(large.headers['original-ce-a']?.length, 1_000);
    assert.equal(large.headers['original-ce-b'], 'z');
    assert.equal(large.contentType, 'application/octet-stream');
    assert.equal(small?.body.toString(), '{}');
    assert.equal(small.headers['dead-letter-body'], undefined);
    assert.equal((await store.find('large'))?.message.body.length, 300_000);
  });

  it('publishes a dead letter without its content that the broker never takes, and those behind it', async () => {
    await keep('refused');
    await keep('next');
    const { broker, received } = brokerThat((id, { body }) =>
      id === 'refused' && body.length > 0 ? Promise.reject(new Error('too large')) : Promise.resolve(),
    );
    start(broker);
    await waitUntilPasses(async () => {
      assert.deepEqual(await published(), ['refused', 'next']);
    });
    assert.deepEqual(received, ['refused', 'refused', 'refused', 'refused', 'next']);
  });

  it('keeps every dead letter while the broker takes none, and publishes them whole afterwards', async () => {
    await keep('one');
    await keep('two');
    let isDown = true;
    const bodies: string[] = [];
    const { broker, received } = brokerThat((_, { body }) => {
      if (isDown) return Promise.reject(new Error('down'));
      bodies.push(body.toString());
      return Promise.resolve();
    });
    start(broker);
    await waitUntilPasses(() => {
      assert.ok(received.length >= 4);
    });
    assert.deepEqual([...new Set(received)], ['one']);
    assert.deepEqual(await published(), []);
    isDown = false;
    await waitUntilPasses(async () => {
      assert.deepEqual(await published(), ['one', 'two']);
    });
    assert.deepEqual(bodies, ['{}', '{}']);
  });
});
