import { isClosed, isInquiry } from './dispute-states.ts';
import { forbiddenByState } from './failure.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import { behaviourOf } from './payment-methods.ts';
import type { ChargeRecord, DisputeReason, DisputeRecord, PaymentIntentRecord } from './records.ts';
import { newId } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/** How long a shop may answer a dispute: Stripe gives 7 to 21 days. Seconds. */
const RESPONSE_SECONDS = 9 * 86_400;

/** The texts that decide a test dispute when they are submitted (docs.stripe.com/testing#evidence). */
const DECIDING_EVIDENCE: Readonly<Record<string, 'won' | 'lost'>> = {
  winning_evidence: 'won',
  losing_evidence: 'lost',
};

export interface DisputeTerms {
  /** Default: all that was captured. */
  readonly amount?: number | undefined;
  readonly reason: DisputeReason;
  /** The bank only asks: no money is withdrawn. */
  readonly inquiry: boolean;
  /** Until when evidence is accepted, in Unix seconds. */
  readonly dueBy?: number | undefined;
}

/**
 * Opens a dispute of the payment's charge, as its customer does through the bank. Returns undefined if no money was captured.
 */
export function openDispute(
  transaction: Transaction,
  intentId: string,
  { amount, reason, inquiry, dueBy }: DisputeTerms,
): DisputeRecord | undefined {
  const intent = transaction.intent(intentId);
  const charge = intent.latest_charge === null ? undefined : transaction.charge(intent.latest_charge);
  if (charge === undefined || charge.amount_captured === 0) return undefined;
  const opened = transaction.put<DisputeRecord>({
    object: 'dispute',
    id: newId('du'),
    amount: amount ?? charge.amount_captured,
    balance: [],
    charge: charge.id,
    created: transaction.now,
    currency: charge.currency,
    due_by: dueBy ?? transaction.now + RESPONSE_SECONDS,
    evidence: {},
    metadata: {},
    payment_intent: intent.id,
    reason,
    status: inquiry ? 'warning_needs_response' : 'needs_response',
    submission_count: 0,
  });
  transaction.put<ChargeRecord>({ ...charge, disputed: true });
  transaction.emit('charge.dispute.created', opened);
  return inquiry ? opened : withdraw(transaction, opened);
}

/** Opens the dispute that the payment method stands for, once money is captured. Does nothing for other payment methods. */
export function openDisputeOfMethod(transaction: Transaction, intent: PaymentIntentRecord): void {
  const behaviour = intent.payment_method === null ? undefined : behaviourOf(intent.payment_method);
  if (behaviour?.kind !== 'disputed' || intent.latest_charge === null) return;
  if (transaction.disputesOf(intent.latest_charge).length === 0)
    openDispute(transaction, intent.id, behaviour);
}

/** The moves of a dispute that a shop, its customer or the bank can make at any time. */
export const DISPUTE_MOVES = ['submit', 'win', 'lose', 'close', 'escalate'] as const;
export type DisputeMove = (typeof DISPUTE_MOVES)[number];

/**
 * Makes a move: `submit` hands in the evidence, `win` and `lose` are the bank's decision, `close` ends an inquiry, and `escalate` makes
 * a chargeback of it. A bank may still decide for the shop after the shop has lost. Returns undefined if the state does not allow it.
 */
export function moveDispute(
  transaction: Transaction,
  id: string,
  move: DisputeMove,
): DisputeRecord | undefined {
  const dispute = transaction.dispute(id);
  switch (move) {
    case 'submit':
      return isClosed(dispute) ? undefined : submit(transaction, dispute);
    case 'win':
      if (isInquiry(dispute) || dispute.status === 'won') return undefined;
      return reinstate(transaction, decide(transaction, dispute, 'won'));
    case 'lose':
      return isInquiry(dispute) || isClosed(dispute) ? undefined : decide(transaction, dispute, 'lost');
    case 'close':
      if (!isInquiry(dispute) || isClosed(dispute)) return undefined;
      return decide(transaction, dispute, 'warning_closed');
    case 'escalate': {
      if (!isInquiry(dispute)) return undefined;
      const due_by = transaction.now + RESPONSE_SECONDS;
      const escalated = change(transaction, { ...dispute, due_by, status: 'needs_response' });
      return withdraw(transaction, escalated);
    }
  }
}

/** `POST /v1/disputes/{id}`: evidence, which is submitted unless `submit` is false, and metadata. */
export const updateDispute: Operation = (form, id) => {
  const params = new Params(form, 'evidence metadata submit intended_submission_method expand');
  const given = Object.entries(params.object('evidence') ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  const submits = params.boolean('submit') ?? true;
  params.metadata();
  return {
    run: (transaction) => {
      const dispute = transaction.dispute(id);
      if (isClosed(dispute) && given.length > 0) throw alreadyClosed(dispute);
      const changed: DisputeRecord = {
        ...dispute,
        evidence: { ...dispute.evidence, ...Object.fromEntries(given) },
        metadata: params.metadata(dispute.metadata),
      };
      if (!submits || given.length === 0) return { record: change(transaction, changed) };
      const submitted = submit(transaction, changed);
      const decision = DECIDING_EVIDENCE[submitted.evidence['uncategorized_text'] ?? ''];
      if (decision === undefined || isInquiry(submitted)) return { record: submitted };
      const decided = decide(transaction, submitted, decision);
      return { record: decision === 'won' ? reinstate(transaction, decided) : decided };
    },
  };
};

/** `POST /v1/disputes/{id}/close`: the shop accepts the dispute, which is lost. */
export const closeDispute: Operation = (form, id) => {
  new Params(form, ['expand']);
  return {
    run: (transaction) => {
      const dispute = transaction.dispute(id);
      if (isClosed(dispute)) throw alreadyClosed(dispute);
      return { record: decide(transaction, dispute, isInquiry(dispute) ? 'warning_closed' : 'lost') };
    },
  };
};

const alreadyClosed = ({ id }: DisputeRecord) =>
  forbiddenByState('dispute_already_closed', `The dispute ${id} is already closed.`);

function change(transaction: Transaction, dispute: DisputeRecord): DisputeRecord {
  const changed = transaction.put<DisputeRecord>(dispute);
  transaction.emit('charge.dispute.updated', changed);
  return changed;
}

const submit = (transaction: Transaction, dispute: DisputeRecord): DisputeRecord =>
  change(transaction, {
    ...dispute,
    status: isInquiry(dispute) ? 'warning_under_review' : 'under_review',
    submission_count: dispute.submission_count + 1,
  });

function decide(
  transaction: Transaction,
  dispute: DisputeRecord,
  status: 'won' | 'lost' | 'warning_closed',
): DisputeRecord {
  const closed = transaction.put<DisputeRecord>({ ...dispute, due_by: null, status });
  transaction.emit('charge.dispute.closed', closed);
  return closed;
}

function withdraw(transaction: Transaction, dispute: DisputeRecord): DisputeRecord {
  const withdrawn = booked(transaction, dispute, -dispute.amount);
  transaction.emit('charge.dispute.funds_withdrawn', withdrawn);
  return withdrawn;
}

function reinstate(transaction: Transaction, dispute: DisputeRecord): DisputeRecord {
  const reinstated = booked(transaction, dispute, dispute.amount);
  transaction.emit('charge.dispute.funds_reinstated', reinstated);
  return reinstated;
}

const booked = (transaction: Transaction, dispute: DisputeRecord, amount: number): DisputeRecord =>
  transaction.put<DisputeRecord>({
    ...dispute,
    balance: [...dispute.balance, { id: newId('txn'), amount, created: transaction.now }],
  });
