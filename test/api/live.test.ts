import assert from 'node:assert/strict';
import type { QueuesView, RecentOrder } from '../../src/contracts/http/board.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import type { Api } from '../../src/api/lib/types.ts';
import { createBroadcast } from '../../src/api/lib/broadcast.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { waitAtMost, waitFor } from '../../harness/wait-for.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { operator } from '../support/api/operator.ts';
import { authorized } from '../support/api/requests.ts';

interface Frame {
  event: string | undefined;
  data: string;
  text: string;
}

describe('the live streams', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  async function listening(app: Api): Promise<string> {
    await app.listen({ port: 0, host: '127.0.0.1' });
    const [address] = app.addresses();
    return `http://127.0.0.1:${typeof address === 'object' ? address.port : 0}`;
  }

  /** The frames of a stream one by one, with its comments. */
  async function* follow(url: string, headers: Record<string, string> = authorized): AsyncGenerator<Frame> {
    const answer = await fetch(url, { headers });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.ok(answer.body);
    let text = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames)
        yield {
          event: /^event: (.*)$/m.exec(frame)?.[1],
          data: /^data: (.*)$/m.exec(frame)?.[1] ?? '',
          text: frame,
        };
    }
  }
  async function nextEvent(frames: AsyncGenerator<Frame>): Promise<Frame> {
    for (;;) {
      const next = await waitAtMost(20_000, 'the next event', frames.next());
      if (next.done === true) throw new Error('the stream has ended');
      if (next.value.event !== undefined) return next.value;
    }
  }

  it('send the figures and the queues again and again, with one reader for all', async () => {
    let reads = 0;
    const queues = {
      read: (): Promise<QueuesView> => {
        reads += 1;
        return Promise.resolve({ queues: [], checkedAt: new Date().toISOString() });
      },
    };
    const origin = await listening(await stage.another({ queues }));
    const streams = Array.from({ length: 5 }, () => follow(`${origin}/v1/stats/stream`));
    for (const round of [1, 2])
      for (const frames of streams) {
        const { event, data } = await nextEvent(frames);
        const { stats, queues } = JSON.parse(data) as { stats: StatsView; queues: QueuesView };
        assert.deepEqual([event, stats.windowSeconds, queues.queues], ['stats', 300, []], `round ${round}`);
      }
    assert.ok(reads >= 2 && reads < 6, `${reads} reads for five streams`);
    for (const frames of streams) await frames.return(undefined);
  });

  it('send a comment every five seconds', async () => {
    const origin = await listening(await stage.another());
    const frames = follow(`${origin}/v1/stats/stream`);
    const startedAt = performance.now();
    for await (const { text } of frames) if (text === ': heartbeat') break;
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok(seconds > 4 && seconds < 15, `${seconds}`);
  });

  it('end when the server closes', async () => {
    const app = await stage.another();
    const origin = await listening(app);
    const streams = ['stats', 'orders/recent'].map((path) => follow(`${origin}/v1/${path}/stream`));
    for (const frames of streams) await nextEvent(frames);
    const closed = app.close();
    for (const frames of streams) await waitAtMost(10_000, 'the end of the stream', drained(frames));
    await waitAtMost(10_000, 'the end of the server', closed);
  });

  it('end with the session of the operator', async () => {
    const app = await stage.another();
    const origin = await listening(app);
    const me = await operator(app);
    const frames = follow(`${origin}/v1/stats/stream`, { cookie: me.cookie });
    await nextEvent(frames);
    assert.equal((await app.inject(me.sending('DELETE', '/board/session'))).statusCode, 204);
    await waitAtMost(20_000, 'the end of the stream', drained(frames));
  });

  it('send the newest orders without personal data, and then only what has changed', async () => {
    const origin = await listening(await stage.another());
    const place = async () => {
      const order = checkoutOrder();
      await stage.shop.ledger.reserveStock([order]);
      return order;
    };
    const first = await place();
    const frames = follow(`${origin}/v1/orders/recent/stream`);
    const ordersIn = ({ data }: Frame) => (JSON.parse(data) as { data: RecentOrder[] }).data;
    const begin = await nextEvent(frames);
    assert.equal(begin.event, 'orders');
    const known = ordersIn(begin).find(({ orderId }) => orderId === first.orderId);
    assert.deepEqual(Object.keys(known ?? {}).sort(), [
      'currency',
      'orderId',
      'status',
      'total',
      'updatedAt',
    ]);
    assert.ok(!begin.data.includes('@'));
    const second = await place();
    assert.deepEqual(
      ordersIn(await nextEvent(frames)).map(({ orderId }) => orderId),
      [second.orderId],
    );
    await stage.shop.ledger.releaseStock([
      { orderId: first.orderId, status: 'cancelled', reason: 'test', order: first },
    ]);
    const [changed, ...others] = ordersIn(await nextEvent(frames));
    assert.deepEqual([changed?.orderId, changed?.status, others], [first.orderId, 'cancelled', []]);
    await frames.return(undefined);
  });
});

async function drained(frames: AsyncGenerator<Frame>): Promise<void> {
  try {
    while ((await frames.next()).done !== true);
  } catch {
    // The connection was closed instead of the stream: it has ended too.
  }
}

describe('a broadcast', () => {
  const errors: unknown[] = [];
  const options = { intervalMs: 1, onError: (error: unknown) => void errors.push(error) };

  it('reads only while somebody subscribes', async () => {
    let reads = 0;
    const broadcast = createBroadcast({ ...options, read: () => Promise.resolve((reads += 1)) });
    assert.equal(reads, 0);
    const subscription = broadcast.subscribe();
    await waitFor('some reads', () => reads > 3);
    subscription.close();
    await subscription.next(1_000);
    const settled = await waitFor('the reads to stop', async () => {
      const before = reads;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return reads === before;
    });
    assert.ok(settled);
    broadcast.close();
  });

  it('gives a slow subscriber the newest value, and reads on after an error', async () => {
    let reads = 0;
    const broadcast = createBroadcast({
      ...options,
      read: () => ((reads += 1) === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(reads)),
    });
    const subscription = broadcast.subscribe();
    await waitFor('five reads', () => reads >= 5);
    assert.ok(((await subscription.next(1_000)) ?? 0) >= 4);
    assert.equal(errors.length, 1);
    broadcast.close();
    subscription.close();
    assert.equal(await subscription.next(60_000), undefined);
  });
});
