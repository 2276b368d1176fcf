import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export const SeriesPoint = Type.Object(
  {
    at: { ...Timestamp, description: 'When the step begins.' },
    seconds: Type.Number({ description: 'How long the step is; the last one is not over yet.' }),
    placed: Type.Integer({ minimum: 0, description: 'Orders placed in the step.' }),
    decided: Type.Integer({ minimum: 0, description: 'Orders that reached their outcome in the step.' }),
  },
  { ...closed, title: 'SeriesPoint' },
);
export type SeriesPoint = Static<typeof SeriesPoint>;

/** What may have changed the course of the figures. */
export const MARK_KINDS = [
  'attention',
  'audit_differences',
  'endpoint_disabled',
  'database_changed',
] as const;

export const SeriesMark = Type.Object(
  {
    at: Timestamp,
    kind: Type.Enum([...MARK_KINDS], {
      title: 'MarkKind',
      description:
        '`attention`: steps of a kind began to wait for an operator. `audit_differences`: an audit found differences. `endpoint_disabled`: a webhook endpoint was disabled because it failed. `database_changed`: the database was restored or replaced.',
    }),
    subject: Type.Optional(Type.String({ description: 'The step, or the id of the audit or the endpoint.' })),
  },
  { ...closed, title: 'SeriesMark' },
);
export type SeriesMark = Static<typeof SeriesMark>;

export const StatsSeriesView = Type.Object(
  {
    windowSeconds: Type.Integer(),
    stepSeconds: Type.Integer(),
    points: Type.Array(SeriesPoint, { description: 'Oldest first, without gaps.' }),
    marks: Type.Array(SeriesMark, { description: 'What happened in the window, oldest first.' }),
  },
  { ...closed, title: 'StatsSeries' },
);
export type StatsSeriesView = Static<typeof StatsSeriesView>;
