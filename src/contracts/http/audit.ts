import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

/** More would help nobody: what is wrong a thousand times is wrong once, somewhere else. */
export const MAX_DIFFERENCES = 1_000;

export const AuditDifference = Type.Object(
  {
    rule: Type.String({ description: 'A stable code, for example `charged_twice`.' }),
    orderId: Type.Optional(Type.String()),
    ids: Type.Record(Type.String(), Type.String(), {
      description: 'What it is about: `paymentIntentId`, `refundId`, `workflowId`, `sku` …',
    }),
    detail: Type.String({ description: 'What one side says, and what the other.' }),
    whatToDo: Type.String(),
  },
  closed,
);
export type AuditDifference = Static<typeof AuditDifference>;

/** How many of each were looked at. */
export const AUDITED = [
  'orders',
  'payments',
  'refunds',
  'captures',
  'reservations',
  'items',
  'mails',
  'events',
  'providerPayments',
  'providerRefunds',
  'runningWorkflows',
  'closedWorkflows',
] as const;

export const AuditCounts = Type.Object(
  Object.fromEntries(AUDITED.map((name) => [name, Type.Integer()])) as Record<
    (typeof AUDITED)[number],
    ReturnType<typeof Type.Integer>
  >,
  closed,
);
export type AuditCounts = Static<typeof AuditCounts>;

/** What an audit found; the first thousand differences. No personal data is in it. */
export const AuditReport = Type.Object(
  {
    auditId: Type.String(),
    since: Type.Optional(Timestamp),
    startedAt: Timestamp,
    finishedAt: Timestamp,
    clean: Type.Boolean(),
    checked: AuditCounts,
    differenceCount: Type.Integer(),
    differences: Type.Array(AuditDifference),
  },
  closed,
);
export type AuditReport = Static<typeof AuditReport>;

/** `failed`: it could not be carried through, and says nothing about the orders. */
export const AUDIT_STATES = ['running', 'done', 'failed'] as const;

/** An audit as the API shows it; `finishedAt`, `clean` and all that was found only once it is `done`. */
export const AuditView = Type.Object(
  {
    auditId: Type.String(),
    state: Type.Enum([...AUDIT_STATES]),
    since: Type.Optional(Timestamp),
    startedAt: Type.Optional(Timestamp),
    finishedAt: Type.Optional(Timestamp),
    clean: Type.Optional(Type.Boolean()),
    checked: Type.Partial(AuditCounts),
    differenceCount: Type.Optional(Type.Integer()),
    differences: Type.Optional(Type.Array(AuditDifference)),
  },
  closed,
);
export type AuditView = Static<typeof AuditView>;

export const AuditRequest = Type.Object(
  {
    since: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'Leaves out orders that were placed before, and asks the provider for no more. Default: every order.',
      }),
    ),
  },
  closed,
);
export type AuditRequest = Static<typeof AuditRequest>;

/** What the activity is asked for. */
export interface AuditCommand {
  auditId: string;
  /** ISO 8601; absent: every order. */
  since?: string;
}

/** What the workflow is told, and keeps in its history: the counts, and the first few differences. */
export interface AuditSummary {
  auditId: string;
  clean: boolean;
  checked: AuditCounts;
  differenceCount: number;
  differences: AuditDifference[];
}

export interface AuditActivities {
  runAudit(order: AuditCommand): Promise<AuditSummary>;
}
