import type { Environment } from './environment.ts';

/** Where traces go, and which. */
export interface TracingConfig {
  /** The full URL to which traces are posted. */
  readonly url: string;
  /** Headers of each of these requests. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long the collector may take to answer. Milliseconds. */
  readonly timeoutMs: number;
  /** What this process is called in traces. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerConfig;
}

export interface SamplerConfig {
  /** The share of traces that begin here which are recorded, from 0 to 1. */
  readonly ratio: number;
  /** How many of these each second at most. Absent: any number. */
  readonly perSecond?: number;
  /** Whether a trace that has begun elsewhere is recorded if it is there. Otherwise `ratio` decides about these traces, too. */
  readonly followsParent: boolean;
}

const SERVICE_NAME = 'durable-checkout';
/** Every order of a shop on a usual day, and too few to slow a sale down. */
const TRACES_PER_SECOND = 25;

/** The standard variables of OpenTelemetry. Returns `undefined` where no collector is configured, or tracing is turned off. */
export function tracingOf(env: Environment): TracingConfig | undefined {
  const url =
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (env.OTEL_EXPORTER_OTLP_ENDPOINT && `${env.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces`);
  const sampler = samplerOf(env);
  if (url === undefined || env.OTEL_SDK_DISABLED === 'true' || isOff(sampler)) return undefined;
  const attributes = pairsIn(env.OTEL_RESOURCE_ATTRIBUTES);
  return {
    url,
    headers: pairsIn(env.OTEL_EXPORTER_OTLP_HEADERS),
    timeoutMs: env.OTEL_EXPORTER_OTLP_TIMEOUT,
    resource: {
      ...attributes,
      'service.name': env.OTEL_SERVICE_NAME ?? attributes['service.name'] ?? SERVICE_NAME,
    },
    sampler,
  };
}

function samplerOf({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: argument,
}: Environment): SamplerConfig {
  const followsParent = name.startsWith('parentbased_');
  if (name.endsWith('always_off')) return { ratio: 0, followsParent };
  if (name.endsWith('ratelimiting'))
    return { ratio: 1, perSecond: argument ?? TRACES_PER_SECOND, followsParent };
  return { ratio: name.endsWith('traceidratio') ? (argument ?? 1) : 1, followsParent };
}

const isOff = ({ ratio, followsParent }: SamplerConfig): boolean => ratio === 0 && !followsParent;

/** The pairs of `key=value,key=value`, whose values are percent-encoded as in the header `baggage`. */
const pairsIn = (text = ''): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.includes('='))
      .map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
      }),
  );
