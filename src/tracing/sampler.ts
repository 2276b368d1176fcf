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
  const mayRecord = perSecond === undefined ? () => true : limitedTo(perSecond, now);
  const decide = (traceId: string): SamplingResult =>
    Number.parseInt(traceId.slice(0, 8), 16) < bound && mayRecord() ? RECORD : DROP;
  return {
    shouldSample(context: Context, traceId: string, _name, kind: SpanKind, _attributes, links: Link[]) {
      const parent = trace.getSpanContext(context);
      if (parent && isSpanContextValid(parent))
        return parent.isRemote !== true || followsParent ? like(parent) : decide(traceId);
      const [first] = links;
      if (first) return like(first.context);
      return kind === SpanKind.SERVER || kind === SpanKind.CONSUMER ? decide(traceId) : DROP;
    },
    toString: () => `DurableCheckoutSampler{${perSecond === undefined ? ratio : `${perSecond}/s`}}`,
  };
};

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
