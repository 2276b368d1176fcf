import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { ExportResultCode, suppressTracing } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../platform/logging.ts';

/** Spans that wait for the collector. More are dropped, so that a collector that is away takes no memory and delays no order. */
const MAX_QUEUED_SPANS = 8_192;
/** Sending a batch takes the event loop for some milliseconds. */
const BATCH_SIZE = 256;
const INTERVAL_MS = 1_000;
const SAMPLED = 1;

export interface SpanQueue extends SpanProcessor {
  /** How many spans were dropped since the process started. */
  dropped(): number;
}

/**
 * Sends spans in batches, one batch at a time. What the collector does not take is dropped and counted: one line in the log says when that
 * begins, and one when it is over.
 */
export function createSpanQueue(exporter: SpanExporter, logger: Logger): SpanQueue {
  let queue: ReadableSpan[] = [];
  let sending: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let dropped = 0;
  let droppedBefore = 0;
  let isAway = false;
  let closed = false;

  function add(span: ReadableSpan): void {
    if (closed || (span.spanContext().traceFlags & SAMPLED) === 0) return;
    if (queue.length >= MAX_QUEUED_SPANS) {
      context.with(ROOT_CONTEXT, drop, undefined, 1, 'the collector is too slow');
      return;
    }
    queue.push(span);
    if (queue.length >= BATCH_SIZE) sendNow();
    else timer ??= setTimeout(sendNow, INTERVAL_MS).unref();
  }

  function sendNow(): void {
    clearTimeout(timer);
    timer = undefined;
    // Whoever ended the last span has nothing to do with this.
    sending ??= context.with(suppressTracing(ROOT_CONTEXT), sendAll).finally(() => {
      sending = undefined;
    });
  }

  async function sendAll(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH_SIZE);
      const error = await send(batch);
      if (error !== undefined) drop(batch.length, error);
      else if (isAway) {
        isAway = false;
        logger.info(
          { droppedSpans: dropped - droppedBefore },
          'the collector of traces answers again; the spans that it missed are lost',
        );
        droppedBefore = dropped;
      }
    }
  }

  const send = (batch: ReadableSpan[]): Promise<string | undefined> =>
    new Promise((resolve) => {
      for (const span of batch) withoutTexts(span);
      exporter.export(batch, ({ code, error }) => {
        resolve(code === ExportResultCode.SUCCESS ? undefined : (error?.message ?? 'unknown'));
      });
    });

  function drop(count: number, cause: string): void {
    dropped += count;
    if (isAway) return;
    isAway = true;
    logger.warn({ cause }, 'the collector of traces does not take spans: they are dropped until it does');
  }

  return {
    onStart: () => undefined,
    onEnd: add,
    dropped: () => dropped,
    async forceFlush() {
      while (sending ?? queue.length > 0) {
        sendNow();
        await sending;
      }
    },
    async shutdown() {
      await this.forceFlush();
      closed = true;
      queue = [];
      await exporter.shutdown();
    },
  };
}

/** The message of an error may repeat what a customer has entered. Its type is enough to find the place. */
function withoutTexts(span: ReadableSpan): void {
  if (span.status.message !== undefined) Object.assign(span, { status: { code: span.status.code } });
  for (const event of span.events)
    event.attributes = { 'exception.type': event.attributes?.['exception.type'] ?? 'Error' };
}
