import {
  isSpanContextValid,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type SpanContext,
} from '@opentelemetry/api';
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace-base';
import type { SamplerConfig } from '../platform/tracing-config.ts';

const RECORD: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
const PLACE_ORDER = 'POST /v1/orders';
/** The first 32 bits of a trace id, which are random. */
const RANGE = 0x1_0000_0000;

/**
 * Decides once for each trace, when it begins: at a request or a message. What the process does by itself, such as polling for events,
 * begins no trace. A trace that links to others, as of orders that share a workflow, is recorded if the first of them is.
 */
export const createSampler = (
  { ratio, perSecond, followsParent }: SamplerConfig,
  now: () => number = () => performance.now(),
): Sampler => {
  const bound = ratio * RANGE;
  const mayRecord = perSecond === undefined ? () => true : ordersFirst(perSecond, now);
  const decide = (traceId: string, name: string, kind: SpanKind): SamplingResult =>
    Number.parseInt(traceId.slice(0, 8), 16) < bound && mayRecord(isOfOrder(name, kind)) ? RECORD : DROP;
  return {
    shouldSample(
      context: Context,
      traceId: string,
      name: string,
      kind: SpanKind,
      _attributes,
      links: Link[],
    ) {
      const parent = trace.getSpanContext(context);
      if (parent && isSpanContextValid(parent))
        return parent.isRemote !== true || followsParent ? like(parent) : decide(traceId, name, kind);
      const [first] = links;
      if (first) return like(first.context);
      return kind === SpanKind.SERVER || kind === SpanKind.CONSUMER ? decide(traceId, name, kind) : DROP;
    },
    toString: () => `DurableCheckoutSampler{${perSecond === undefined ? ratio : `${perSecond}/s`}}`,
  };
};

const isOfOrder = (name: string, kind: SpanKind): boolean =>
  kind === SpanKind.CONSUMER || name === PLACE_ORDER;

/**
 * Half of the number is kept for traces in which orders may begin. Otherwise those of reads, and of the provider's webhooks, would leave
 * no room for orders in a busy shop.
 */
function ordersFirst(perSecond: number, now: () => number): (isOrder: boolean) => boolean {
  if (perSecond < 2) return limitedTo(perSecond, now);
  const forOrders = limitedTo(perSecond / 2, now);
  const forAll = limitedTo(perSecond / 2, now);
  return (isOrder) => (isOrder && forOrders()) || forAll();
}

/** `true` that often in a second, and no more after a pause: a token bucket that holds what a second gives. */
function limitedTo(perSecond: number, now: () => number): () => boolean {
  const capacity = Math.max(1, perSecond);
  let left = perSecond === 0 ? 0 : capacity;
  let since = now();
  return () => {
    const at = now();
    left = Math.min(capacity, left + ((at - since) / 1_000) * perSecond);
    since = at;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}

const like = ({ traceFlags }: SpanContext): SamplingResult =>
  (traceFlags & TraceFlags.SAMPLED) !== 0 ? RECORD : DROP;
