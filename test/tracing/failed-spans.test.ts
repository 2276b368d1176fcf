import assert from 'node:assert/strict';
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { MailRefused } from '../../src/contracts/ports/mailer.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { traceMails, traceWebhooks } from '../../src/tracing/adapters.ts';
import { observeHttpCallsWith, traceRequestsWith } from '../../src/tracing/http.ts';
import { traceStatements } from '../../src/tracing/sql.ts';
import { workerHooks } from '../../src/tracing/temporal.ts';
import { silentMailer } from '../support/silent-mailer.ts';

const PLACE = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
const TRACEPARENT = `00-${PLACE.traceId}-${PLACE.spanId}-01`;
/** What a message of an error may repeat, and no span has. */
const PERSONAL = 'ada@example.com';

describe('the span of what fails', () => {
  const exporter = new InMemorySpanExporter();
  const processor = new SimpleSpanProcessor(exporter);
  const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');

  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  after(() => {
    context.disable();
  });
  beforeEach(() => {
    exporter.reset();
  });

  const inTrace = <T>(work: () => T): T => context.with(trace.setSpanContext(ROOT_CONTEXT, PLACE), work);

  /** Its name, whether it is marked as failed, and by what. */
  function spans(): [name: string, failed: boolean, type: unknown][] {
    const found = exporter.getFinishedSpans();
    for (const { status, attributes, events } of found)
      assert.ok(!JSON.stringify([status, attributes, events]).includes('ada'), 'no text of an error');
    return found.map(({ name, status, attributes }) => [
      name,
      status.code === SpanStatusCode.ERROR,
      attributes['error.type'],
    ]);
  }

  it('is marked for a statement, with the code of PostgreSQL', async () => {
    const pool = createPool({ url: 'postgresql://nobody@127.0.0.1:1/none' });
    const refused = Object.assign(new Error(`duplicate key ${PERSONAL}`), { code: '23505' });
    Object.assign(pool, { query: () => Promise.reject(refused) });
    traceStatements(tracer, pool, 'checkout');
    await assert.rejects(inTrace(() => pool.query('select confirm_orders($1)')));
    assert.deepEqual(spans(), [['SELECT confirm_orders', true, '23505']]);
    await pool.end();
  });

  it('is marked for a mail that the server refuses', async () => {
    const send = () => Promise.reject(new MailRefused(550, { cause: new Error(PERSONAL) }));
    const mailer = traceMails(tracer, { ...silentMailer, send }, new URL('smtp://localhost:25'));
    const mail = {
      messageId: 'm',
      to: { address: PERSONAL },
      subject: 'x',
      text: 'x',
      traceparent: TRACEPARENT,
    };
    await assert.rejects(inTrace(() => mailer.send(mail, new AbortController().signal)));
    assert.deepEqual(spans(), [['send mail', true, '550']]);
  });

  it('is marked for a webhook that is refused or not answered, and for no other', async () => {
    const message = {
      url: 'https://partner.example/hook',
      id: 'ord_1/1',
      contentType: 'application/json',
      body: '{}',
      secrets: [],
      traceparent: TRACEPARENT,
    };
    for (const attempt of [{ status: 204 }, { status: 500 }, { error: 'timeout' }]) {
      const sent = { attempt: { startedAt: new Date(0), durationMs: 1, headers: {}, ...attempt } };
      const sender = { send: () => Promise.resolve(sent), close: () => undefined };
      await traceWebhooks(tracer, sender).send(message, new AbortController().signal);
    }
    assert.deepEqual(spans(), [
      ['POST webhook', false, undefined],
      ['POST webhook', true, '500'],
      ['POST webhook', true, 'timeout'],
    ]);
  });

  it('is marked for an answer of 500, and not for what the client has done wrong', () => {
    for (const status of [200, 409, 500])
      traceRequestsWith(tracer)(
        { method: 'POST', route: '/v1/orders', scheme: 'http', headers: {} },
        () => undefined,
      )(status);
    assert.deepEqual(
      spans().map(([, failed]) => failed),
      [false, false, true],
    );
  });

  it('is marked for a call that the provider declines, or does not answer', () => {
    const call = { method: 'POST', host: 'api.stripe.com', port: 443, template: '/v1/payment_intents' };
    const observe = observeHttpCallsWith(tracer);
    for (const result of [{ status: 200 }, { status: 402 }, { error: 'ECONNRESET' }])
      inTrace(() => {
        observe(call)(result);
      });
    assert.deepEqual(spans(), [
      ['POST /v1/payment_intents', false, undefined],
      ['POST /v1/payment_intents', true, '402'],
      ['POST /v1/payment_intents', true, 'ECONNRESET'],
    ]);
  });

  it('is marked for the run of a workflow', () => {
    const { sinks } = workerHooks(processor, Resource.empty());
    const run = { ...PLACE, parentSpanId: '3'.repeat(16), workflowType: 'checkout', startMs: 1, endMs: 2 };
    const info = { workflowId: 'order/ord_1', runId: 'run' };
    const sink = sinks['traces']?.['ran'];
    assert.ok(sink);
    // It looks at nothing else of the run.
    for (const failed of [false, true]) void sink.fn(info as never, { ...run, failed });
    assert.deepEqual(
      spans().map(([name, failed]) => [name, failed]),
      [
        ['RunWorkflow:checkout', false],
        ['RunWorkflow:checkout', true],
      ],
    );
  });
});
