/**
 * BullMQ, as its documentation advises for jobs of several steps: the job's data names the next step and is updated after each
 * step. Redis syncs its log at every write.
 */
import { Queue, QueueEvents, Worker, type Job } from 'bullmq';
import type { CheckoutOrder, PaymentRecord } from '../../../src/contracts/temporal/checkout.ts';
import { createSteps, openAdapters, orderOfRequest, type Reserved } from '../lib/steps.ts';
import { serve, setting } from '../lib/serve.ts';

type JobData = { readonly order: CheckoutOrder } & (
  | { readonly next: 'reserve' }
  | { readonly next: 'charge'; readonly reserved: Reserved }
  | { readonly next: 'confirm'; readonly payment: PaymentRecord }
  | { readonly next: 'notify'; readonly status: string }
);

const QUEUE = 'checkout';
const CONCURRENCY = 200;
const ATTEMPTS = { attempts: 5, backoff: { type: 'exponential', delay: 1_000 } };

const adapters = openAdapters();
const { reserve, charge, confirm, notify } = createSteps(adapters);

async function processJob(job: Job<JobData, string>): Promise<string> {
  let { data } = job;
  const { order } = data;
  const { orderId } = order;
  const advance = async (next: JobData): Promise<void> => {
    await job.updateData(next);
    data = next;
  };
  if (data.next === 'reserve') await advance({ order, next: 'charge', reserved: await reserve(order) });
  if (data.next === 'charge') {
    const payment = await charge(order, data.reserved, job.attemptsMade > 0);
    await advance({ order, next: 'confirm', payment });
  }
  if (data.next === 'confirm')
    await advance({ order, next: 'notify', status: await confirm(orderId, data.payment) });
  if (data.next !== 'notify')
    throw new Error(`the job of ${orderId} cannot continue with the step ${data.next}`);
  await notify(orderId);
  return data.status;
}

const { hostname: host, port } = new URL(setting('REDIS_URL'));
const connection = { host, port: Number(port), maxRetriesPerRequest: null };
const queue = new Queue<JobData, string>(QUEUE, { connection });
const events = new QueueEvents(QUEUE, { connection });
events.setMaxListeners(0);
const worker = new Worker<JobData, string>(QUEUE, processJob, {
  connection,
  concurrency: CONCURRENCY,
  removeOnComplete: { age: 3_600, count: 1_000 },
});
await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);

await serve(
  async (request, key) => {
    const order = orderOfRequest('bullmq', request.body, key);
    const job = await queue.add(
      'checkout',
      { order, next: 'reserve' },
      { jobId: order.orderId, ...ATTEMPTS },
    );
    return { orderId: order.orderId, status: await job.waitUntilFinished(events) };
  },
  async () => {
    await worker.close();
    await events.close();
    await queue.close();
    await adapters.close();
  },
);
