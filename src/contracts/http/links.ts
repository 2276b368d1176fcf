import { Type, type Static } from 'typebox';

const Template = (description: string) => Type.Optional(Type.String({ description }));

/** The pages of other systems, as templates of URLs. What is absent is not configured. */
export const Links = Type.Object(
  {
    temporal: Template("A run in Temporal's UI, with `{workflowId}` and `{runId}`."),
    trace: Template('A trace, with `{traceId}`.'),
    provider: Template('A payment in the dashboard of the payment provider, with `{paymentIntent}`.'),
  },
  { additionalProperties: false, title: 'Links' },
);
export type Links = Static<typeof Links>;
