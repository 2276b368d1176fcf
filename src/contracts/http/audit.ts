import { Type, type Static } from 'typebox';
import type { GivenBy } from '../actor.ts';
import { ActorView } from './actor.ts';
import { AUDITED } from '../audited.ts';

// In a file of its own, so that the checkout command, which needs only the names, does not load TypeBox.
export { AUDITED } from '../audited.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

/** The most differences in a report. A difference that occurs a thousand times has one cause elsewhere. */
export const MAX_DIFFERENCES = 1_000;

export const AuditDifference = Type.Object(
  {
    rule: Type.String({ description: 'A stable code, for example `charged_twice`.' }),
    orderId: Type.Optional(Type.String()),
    ids: Type.Record(Type.String(), Type.String(), {
      description: 'The ids of what differs: `paymentIntentId`, `refundId`, `workflowId`, `sku` …',
    }),
    detail: Type.String({ description: 'What each of the two sides has.' }),
    whatToDo: Type.String({ description: 'What an operator should do about it.' }),
  },
  { ...closed, title: 'AuditDifference' },
);
export type AuditDifference = Static<typeof AuditDifference>;

export const AuditCounts = Type.Object(
  Object.fromEntries(AUDITED.map((name) => [name, Type.Integer()])) as Record<
    (typeof AUDITED)[number],
    ReturnType<typeof Type.Integer>
  >,
  closed,
);
export type AuditCounts = Static<typeof AuditCounts>;

/** The result of an audit, with its first thousand differences. It contains no personal data. */
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

/** `failed`: the audit could not be completed, and says nothing about the orders. */
const AUDIT_STATES = ['running', 'done', 'failed'] as const;

/** An audit in the API. `finishedAt`, `clean` and the differences are present when it is `done`. */
export const AuditView = Type.Object(
  {
    auditId: Type.String(),
    state: Type.Enum([...AUDIT_STATES], { title: 'AuditState' }),
    since: Type.Optional(Timestamp),
    startedAt: Type.Optional(Timestamp),
    finishedAt: Type.Optional(Timestamp),
    clean: Type.Optional(Type.Boolean()),
    checked: Type.Partial(AuditCounts),
    differenceCount: Type.Optional(Type.Integer()),
    differences: Type.Optional(Type.Array(AuditDifference)),
    actor: Type.Optional(ActorView),
  },
  { ...closed, title: 'Audit' },
);
export type AuditView = Static<typeof AuditView>;

export const AuditRequest = Type.Object(
  {
    since: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'Audits orders placed or changed since then, and older ones of which something has no outcome yet: a time from the year 2000 until now. Default: as far back as the nightly audit (AUDIT_WINDOW_DAYS).',
      }),
    ),
  },
  { ...closed, title: 'AuditRequest' },
);
export type AuditRequest = Static<typeof AuditRequest>;

/** The input of the first activity. Without an actor the schedule has started it. */
export interface AuditCommand extends GivenBy {
  auditId: string;
  /** ISO 8601; absent: as far back as the process is configured to. */
  since?: string;
}

/** The result of an audit, which the history of the workflow keeps: the counts, and the first few differences. */
export interface AuditSummary {
  auditId: string;
  clean: boolean;
  checked: AuditCounts;
  differenceCount: number;
  differences: AuditDifference[];
}

/** The steps of an audit, in this sequence. Each may be repeated, and goes on where the attempt before it stood. */
export interface AuditActivities {
  /** Records that the audit runs. Returns its result if it has been completed before. */
  beginAudit(command: AuditCommand): Promise<AuditSummary | undefined>;
  collectOrders(audit: AuditedUnder): Promise<void>;
  readPayments(audit: AuditedUnder): Promise<void>;
  /** Reads the refunds and the disputes. */
  readRefunds(audit: AuditedUnder): Promise<void>;
  readOlderPayments(audit: AuditedUnder): Promise<void>;
  readLabels(audit: AuditedUnder): Promise<void>;
  readClosedWorkflows(audit: AuditedUnder): Promise<void>;
  readRunningWorkflows(audit: AuditedUnder): Promise<void>;
  compareRecords(audit: AuditedUnder): Promise<void>;
  /** Checks the differences once more. Returns how many remain. */
  recheckDifferences(audit: AuditedUnder): Promise<number>;
  finishAudit(audit: AuditedUnder): Promise<AuditSummary>;
  /** All steps at once, for audits that a process of 0.2 has begun. */
  runAudit(command: AuditCommand): Promise<AuditSummary>;
}

interface AuditedUnder {
  auditId: string;
}
