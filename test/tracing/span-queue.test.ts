import assert from 'node:assert/strict';
import { TraceFlags, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { createLogger } from '../../src/platform/logging.ts';
import { createSpanQueue } from '../../src/tracing/span-queue.ts';

const span = (changes: Partial<ReadableSpan> = {}, traceFlags = TraceFlags.SAMPLED): ReadableSpan => ({
  name: 'span',
  kind: SpanKind.INTERNAL,
  spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags }),
  startTime: [1, 0],
  endTime: [2, 0],
  duration: [1, 0],
  status: { code: SpanStatusCode.UNSET },
  attributes: {},
  links: [],
  events: [],
  ended: true,
  resource: Resource.empty(),
  instrumentationLibrary: { name: 'test' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  ...changes,
});

/** A queue whose exporter takes or refuses spans as the test says. */
function queueWith() {
  const lines: string[] = [];
  const exported: ReadableSpan[] = [];
  const exporter = {
    answers: true as boolean,
    fails: false as boolean,
    export(spans: ReadableSpan[], done: (result: { code: ExportResultCode; error?: Error }) => void) {
      if (!exporter.answers) return;
      if (exporter.fails) {
        done({ code: ExportResultCode.FAILED, error: new Error('connect ECONNREFUSED') });
        return;
      }
      exported.push(...spans);
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
  } satisfies SpanExporter & { answers: boolean; fails: boolean };
  const destination = { write: (line: string) => lines.push(line) };
  const queue = createSpanQueue(exporter, createLogger({ level: 'info', destination }));
  return { queue, exporter, exported, lines };
}

describe('the queue of spans', () => {
  it('sends what is recorded, and nothing else', async () => {
    const { queue, exported } = queueWith();
    queue.onEnd(span());
    queue.onEnd(span({}, TraceFlags.NONE));
    await queue.forceFlush();
    assert.equal(exported.length, 1);
  });

  it('sends no message of an error, which may repeat what a customer has entered', async () => {
    const { queue, exported } = queueWith();
    const attributes = {
      'exception.type': 'Error',
      'exception.message': 'ada@example.com',
      'exception.stacktrace': 'ada',
    };
    queue.onEnd(
      span({
        status: { code: SpanStatusCode.ERROR, message: 'ada@example.com' },
        events: [{ name: 'exception', time: [1, 0], attributes }],
      }),
    );
    await queue.forceFlush();
    assert.deepEqual(exported[0]?.status, { code: SpanStatusCode.ERROR });
    assert.deepEqual(exported[0].events[0]?.attributes, { 'exception.type': 'Error' });
  });

  it('drops and counts what a collector that is away cannot take, with one line in the log', async () => {
    const { queue, exporter, exported, lines } = queueWith();
    exporter.fails = true;
    for (let n = 0; n < 600; n += 1) queue.onEnd(span());
    await queue.forceFlush();
    assert.equal(queue.dropped(), 600);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /does not take spans/);
    exporter.fails = false;
    queue.onEnd(span());
    await queue.forceFlush();
    assert.equal(exported.length, 1);
    assert.equal(lines.length, 2);
    assert.match(lines[1] ?? '', /"droppedSpans":600.*answers again/);
  });

  it('is bounded when the collector does not answer at all', () => {
    const { queue, exporter } = queueWith();
    exporter.answers = false;
    for (let n = 0; n < 20_000; n += 1) queue.onEnd(span());
    assert.ok(queue.dropped() > 11_000 && queue.dropped() < 12_000, String(queue.dropped()));
  });
});
