import { setTimeout as delay } from 'node:timers/promises';
import { waitThroughFaults } from '../../../harness/wait-for.ts';
import type { Basket } from '../../model/catalogue.ts';
import type { ModelOrder, OrderPlan } from '../../model/order.ts';
import type { World } from '../../model/world.ts';

/** A few orders that show a defect. Whoever runs the scenario compares the orders with the model afterwards. */
export interface Scenario {
  /** Environment variables of the application. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * The orders have no workflows, or records that are wrong on purpose, or are shipped, which the model does not know: model and audit are
   * not asked afterwards.
   */
  readonly bare?: true;
  /** @returns what is wrong before the model is asked */
  run(world: World): Promise<string[]>;
}

export const NOTHING: string[] = [];
export const SHORT_TIMEOUT_MS = 12_000;

export const AUTHENTICATION = 'pm_card_authenticationRequired';

export const planOf = (method: string, basket: Basket = { cheap: 2 }): OrderPlan => ({
  method,
  basket,
  expectedTotal: 'none',
});

export async function placed(world: World, method: string, basket?: Basket): Promise<ModelOrder> {
  const order = world.plan(planOf(method, basket));
  await world.place(order, true);
  return order;
}

/** Waits until something is true, but not for long. @returns what is wrong: nothing, or that it has not happened */
export async function soon(
  what: string,
  isTrue: () => Promise<boolean>,
  timeoutMs = SHORT_TIMEOUT_MS,
): Promise<string[]> {
  return waitThroughFaults(what, isTrue, timeoutMs).then(
    () => NOTHING,
    () => [`it has not happened: ${what}`],
  );
}

/** @returns what is wrong: nothing, or that the value is another one */
export function differs(what: string, is: unknown, expected: unknown): string[] {
  const [found, wanted] = [JSON.stringify(is), JSON.stringify(expected)];
  return found === wanted ? NOTHING : [`${what}: ${found}, not ${wanted}`];
}

export async function isSoon(world: World, orderId: string, status: string): Promise<string[]> {
  const is = async (): Promise<boolean> => (await world.shop.api.getOrder(orderId)).status === status;
  try {
    await waitThroughFaults(status, is, SHORT_TIMEOUT_MS);
    return NOTHING;
  } catch {
    return [`the order is not ${status}, but ${(await world.shop.api.getOrder(orderId)).status}`];
  }
}

/** Waits for a call, but not for long: a defect may keep the call waiting. */
export async function briefly(call: Promise<unknown>): Promise<void> {
  await Promise.race([call, delay(SHORT_TIMEOUT_MS)]);
}
