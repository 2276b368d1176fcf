import type { Address, Customer } from '../../contracts/http/order.ts';
import { maskAddress, maskCustomer } from '../../domain/masking.ts';
import type { Api } from '../lib/types.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route that shows customers to operators, and writes that to the log. */
    revealsCustomer?: boolean;
  }
}

/**
 * Masks the customers of orders in every answer to an operator at the board, wherever they are in it, so that no route can forget it.
 * A client with an API key gets them as they are.
 */
export function addMasking(app: Api): void {
  app.addHook('preSerialization', (request, _reply, payload, done) => {
    const masks = request.boardSession !== null && request.routeOptions.config.revealsCustomer !== true;
    done(null, masks ? masked(payload) : payload);
  });
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, maskedMember(key, member)]));
}

function maskedMember(key: string, member: unknown): unknown {
  if (key === 'customer' && isCustomer(member)) return maskCustomer(member);
  if (key === 'shipping' && isAddress(member)) return maskAddress(member);
  return masked(member);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isCustomer = (value: unknown): value is Customer =>
  isObject(value) && typeof value['email'] === 'string';

const isAddress = (value: unknown): value is Address =>
  isObject(value) && typeof value['name'] === 'string' && typeof value['country'] === 'string';
