import type { OrderOrigin } from '../../contracts/brakes.ts';
import { Problem } from '../../contracts/errors.ts';
import type { OrderRequest } from '../../contracts/http/order.ts';
import type { BrakeOn, Brakes } from '../../contracts/ports/brakes.ts';
import { counted } from '../../domain/counted.ts';

/** Why a new order is not accepted, and the brake to count that for. */
export interface BrakedOrder {
  problem: Problem;
  brake: BrakeOn;
}

/**
 * Returns the problem of a new order where a brake is on, or `undefined`. Its texts are for customers: the operator's reason is not in them.
 *
 * @param origin absent where the order follows from another one, as in an exchange: it is not new business
 */
export function brakedOrder(
  brakes: Brakes,
  { lines }: OrderRequest,
  origin: OrderOrigin | undefined,
): BrakedOrder | undefined {
  const intake = origin && brakes.intake(origin);
  if (intake) return { problem: intakePaused(), brake: intake };
  const paused = lines.flatMap(({ sku }, line) => {
    const brake = brakes.sku(sku);
    return brake ? [{ sku, line, brake }] : [];
  });
  const [first] = paused;
  if (!first) return undefined;
  const problem = new Problem(
    'sku_paused',
    `The order was not accepted: ${counted(paused.length, 'item')} of it cannot be ordered at the moment.`,
    { errors: paused.map(({ sku, line }) => ({ field: `lines[${line}].sku`, message: `${sku} is paused` })) },
  );
  return { problem, brake: first.brake };
}

export const intakePaused = (): Problem =>
  new Problem(
    'intake_paused',
    'No new orders are accepted at the moment. Send the same request again later: it places the order then.',
  );
