import { Type, type Static } from 'typebox';
import { DISPUTE_OUTCOMES, DISPUTE_STATUSES } from '../dispute-states.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export const DisputeStatusSchema = Type.Enum([...DISPUTE_STATUSES], { title: 'DisputeStatus' });

/** A chargeback or an inquiry, as the payment provider says it is. */
export const DisputeView = Type.Object(
  {
    disputeId: Type.String({ description: "The payment provider's id." }),
    orderId: Type.String(),
    paymentIntentId: Type.String(),
    amount: Type.Integer({ minimum: 0, description: 'What the customer disputes, in minor units.' }),
    currency: Type.String(),
    reason: Type.String({
      description: "The payment provider's code, such as `fraudulent` or `product_not_received`.",
    }),
    status: Type.String({
      description: `The payment provider's status: ${DISPUTE_STATUSES.map((status) => `\`${status}\``).join(', ')}, or a newer one. With \`warning_\` it is an inquiry, which withdraws no money.`,
    }),
    outcome: Type.Optional(
      Type.Enum([...DISPUTE_OUTCOMES], {
        title: 'DisputeOutcome',
        description: 'Present once the dispute is closed.',
      }),
    ),
    evidenceDueAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'Until when the payment provider takes evidence.' }),
    ),
    fundsWithdrawn: Type.Boolean({
      description: "true: the amount was taken from the shop's balance, and was not given back.",
    }),
    openedAt: Timestamp,
    closedAt: Type.Optional(Timestamp),
    updatedAt: Timestamp,
  },
  { ...closed, title: 'Dispute' },
);
export type DisputeView = Static<typeof DisputeView>;
