import type { FastifyInstance } from 'fastify';
import { DISPUTE_MOVES, moveDispute, openDispute } from '../stripe/disputes.ts';
import { DISPUTE_REASONS } from '../stripe/records.ts';
import { render } from '../stripe/render.ts';
import type { StripeService } from '../stripe/service.ts';
import { badRequest, count, fields } from './fields.ts';

interface IdParams {
  Params: { id: string };
}

/**
 * Endpoints that do with a dispute what a customer, a bank or somebody at Stripe's dashboard does. They return the dispute, or 409 if its
 * state does not allow it.
 */
export function disputeRoutes(app: FastifyInstance, service: StripeService): void {
  app.post<IdParams>('/sandbox/payment_intents/:id/dispute', async ({ params: { id }, body }, reply) => {
    const { amount, reason = 'fraudulent', inquiry, dueBy } = fields(body);
    const known = DISPUTE_REASONS.find((candidate) => candidate === reason);
    if (known === undefined) throw badRequest(`reason must be one of ${DISPUTE_REASONS.join(', ')}`);
    const terms = {
      amount: amount === undefined ? undefined : count(amount, 0, 'amount'),
      reason: known,
      inquiry: inquiry === true,
      dueBy: dueBy === undefined ? undefined : secondsOf(dueBy),
    };
    const opened = await service.control((transaction) => openDispute(transaction, id, terms));
    return opened === undefined
      ? reply.code(409).send({ error: { message: 'The payment has captured no money.' } })
      : render(opened);
  });

  for (const move of DISPUTE_MOVES)
    app.post<IdParams>(`/sandbox/disputes/:id/${move}`, async ({ params: { id } }, reply) => {
      const moved = await service.control((transaction) => moveDispute(transaction, id, move));
      return moved === undefined
        ? reply.code(409).send({ error: { message: `The dispute does not allow ${move}.` } })
        : render(moved);
    });
}

function secondsOf(time: unknown): number {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(at)) throw badRequest('dueBy must be an ISO 8601 time');
  return Math.floor(at / 1000);
}
