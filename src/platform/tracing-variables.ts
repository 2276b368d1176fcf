import { Type } from 'typebox';

/**
 * The variables of traces. Those that begin with OTEL_ are OpenTelemetry's own, and mean what its specification says.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]+$',
      description:
        'the address of an OpenTelemetry collector for OTLP over HTTP, such as http://127.0.0.1:4318',
    }),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]+$',
      description: 'the full address for traces, such as http://127.0.0.1:4318/v1/traces',
    }),
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: Type.Enum(['http/protobuf'], {
    default: 'http/protobuf',
    description: 'http/protobuf, the only protocol that this service sends',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(
    Type.String({
      pattern: "^\\s*[\\w!#$%&'*+.^`|~-]+\\s*=[^,=][^,]*(,\\s*[\\w!#$%&'*+.^`|~-]+\\s*=[^,]+)*$",
      writeOnly: true,
      description: 'the headers of each request to the collector, such as api-key=secret,tenant=shop',
    }),
  ),
  OTEL_EXPORTER_OTLP_TIMEOUT: Type.Integer({
    minimum: 1,
    maximum: 600_000,
    default: 10_000,
    description: 'milliseconds, a whole number from 1 to 600000',
  }),
  OTEL_SERVICE_NAME: Type.Optional(
    Type.String({ pattern: '\\S', description: 'the name of the service in traces' }),
  ),
  OTEL_RESOURCE_ATTRIBUTES: Type.Optional(
    Type.String({
      pattern: '^\\s*[^\\s,=]+\\s*=[^,=]*(,\\s*[^\\s,=]+\\s*=[^,=]*)*$',
      description:
        'the attributes of this process in traces, such as deployment.environment.name=production,service.namespace=shop',
    }),
  ),
  OTEL_TRACES_SAMPLER: Type.Enum(
    [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
      'parentbased_ratelimiting',
    ],
    {
      default: 'parentbased_ratelimiting',
      description:
        'always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio or parentbased_ratelimiting',
    },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 10_000,
      description:
        'the share of traces that are recorded, a number from 0 to 1, or with parentbased_ratelimiting traces a second, a number from 0 to 10000',
    }),
  ),
  OTEL_SDK_DISABLED: Type.Enum(['true', 'false'], {
    default: 'false',
    description: 'true or false: whether tracing is off although there is an endpoint',
  }),
};
