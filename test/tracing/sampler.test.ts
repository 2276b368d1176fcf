import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Context } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { createSampler } from '../../src/tracing/sampler.ts';

const newTraceId = (): string => randomBytes(16).toString('hex');
const place = (sampled: boolean, isRemote = true) => ({
  traceId: newTraceId(),
  spanId: randomBytes(8).toString('hex'),
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote,
});
const below = (sampled: boolean, isRemote?: boolean): Context =>
  trace.setSpanContext(ROOT_CONTEXT, place(sampled, isRemote));

describe('the sampler', () => {
  const records = (
    config: Parameters<typeof createSampler>[0],
    context: Context,
    kind = SpanKind.INTERNAL,
    linked: readonly boolean[] = [],
  ): boolean => {
    const links = linked.map((sampled) => ({ context: place(sampled) }));
    const { decision } = createSampler(config).shouldSample(context, newTraceId(), 'span', kind, {}, links);
    return decision === SamplingDecision.RECORD_AND_SAMPLED;
  };
  const all = { ratio: 1, followsParent: true };
  const none = { ratio: 0, followsParent: true };

  it('begins a trace at a request and at a message, and not for what the process does by itself', () => {
    assert.equal(records(all, ROOT_CONTEXT, SpanKind.SERVER), true);
    assert.equal(records(all, ROOT_CONTEXT, SpanKind.CONSUMER), true);
    assert.equal(records(all, ROOT_CONTEXT, SpanKind.CLIENT), false);
    assert.equal(records(all, ROOT_CONTEXT), false);
  });

  it('follows the trace that it is in', () => {
    assert.equal(records(none, below(true)), true);
    assert.equal(records(all, below(false)), false);
  });

  it('decides by itself about traces from elsewhere if it is told to', () => {
    assert.equal(records({ ratio: 0, followsParent: false }, below(true)), false);
    assert.equal(records({ ratio: 1, followsParent: false }, below(false)), true);
    assert.equal(records({ ratio: 0, followsParent: false }, below(true, false)), true);
  });

  it('records a group of orders if its first order is recorded', () => {
    assert.equal(records(none, ROOT_CONTEXT, SpanKind.INTERNAL, [true, false]), true);
    assert.equal(records(all, ROOT_CONTEXT, SpanKind.INTERNAL, [false, true]), false);
  });

  it('records the share of traces that it is told to', () => {
    const config = { ratio: 0.25, followsParent: true };
    const recorded = Array.from({ length: 4_000 }, () => records(config, ROOT_CONTEXT, SpanKind.SERVER));
    const share = recorded.filter(Boolean).length / recorded.length;
    assert.ok(share > 0.2 && share < 0.3, String(share));
  });

  it('records so many traces a second that begin here, and every one that has begun elsewhere', () => {
    let now = 0;
    const sampler = createSampler({ ratio: 1, perSecond: 20, followsParent: true }, () => now);
    const recordedOf = (count: number, context: Context): number =>
      Array.from({ length: count }, () =>
        sampler.shouldSample(context, newTraceId(), 'POST /v1/orders', SpanKind.SERVER, {}, []),
      ).filter(({ decision }) => decision === SamplingDecision.RECORD_AND_SAMPLED).length;
    assert.equal(recordedOf(100, ROOT_CONTEXT), 20);
    assert.equal(recordedOf(100, below(true)), 100);
    now = 500;
    assert.equal(recordedOf(100, ROOT_CONTEXT), 10);
    now = 60_000;
    assert.equal(recordedOf(100, ROOT_CONTEXT), 20);
  });

  it('keeps half of that number for orders, whatever else begins', () => {
    const sampler = createSampler({ ratio: 1, perSecond: 20, followsParent: true }, () => 0);
    const recordedOf = (name: string, kind = SpanKind.SERVER): number =>
      Array.from({ length: 100 }, () =>
        sampler.shouldSample(ROOT_CONTEXT, newTraceId(), name, kind, {}, []),
      ).filter(({ decision }) => decision === SamplingDecision.RECORD_AND_SAMPLED).length;
    assert.equal(recordedOf('GET /v1/orders/:orderId'), 10);
    assert.equal(recordedOf('POST /v1/webhooks/stripe'), 0);
    assert.equal(recordedOf('process checkout.commands', SpanKind.CONSUMER), 10);
    assert.equal(recordedOf('POST /v1/orders'), 0);
  });

  it('records a trace now and then with less than one a second, and none with 0', () => {
    let now = 0;
    const recordedIn10s = (perSecond: number): number => {
      const sampler = createSampler({ ratio: 1, perSecond, followsParent: true }, () => now);
      let recorded = 0;
      for (const end = now + 10_000; now < end; now += 100) {
        const { decision } = sampler.shouldSample(ROOT_CONTEXT, newTraceId(), '', SpanKind.SERVER, {}, []);
        if (decision === SamplingDecision.RECORD_AND_SAMPLED) recorded += 1;
      }
      return recorded;
    };
    assert.equal(recordedIn10s(0.5), 5);
    assert.equal(recordedIn10s(0), 0);
  });
});
