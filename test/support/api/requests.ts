import { randomUUID } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import { API_KEY } from './app.ts';

export const authorized = { authorization: `Bearer ${API_KEY}` };

export const newKey = (): string => randomUUID();

/** A request that places an order. */
export function placing(payload: unknown, headers: Record<string, string> = {}): InjectOptions {
  return {
    method: 'POST',
    url: '/v1/orders',
    headers: { ...authorized, 'content-type': 'application/json', 'idempotency-key': newKey(), ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  };
}

export const getting = (url: string, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'GET',
  url,
  headers: { ...authorized, ...headers },
});

export const sending = (
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  payload?: unknown,
  headers: Record<string, string> = {},
): InjectOptions => ({
  method,
  url,
  headers: {
    ...authorized,
    ...(payload !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  },
  ...(payload !== undefined && { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
});

interface Answer {
  json<T>(): T;
}

export const orderOf = (answer: Answer): OrderView => answer.json<OrderView>();

/** A problem in a response, with the members that some problems have besides the common ones. */
export interface AnsweredProblem {
  code: string;
  detail?: string;
  status: number;
  errors?: { field: string; message: string }[];
  total?: number;
  orderStatus?: string;
  left?: number;
  disputeId?: string;
  step?: string;
  actions?: string[];
}

export const problemOf = (answer: Answer): AnsweredProblem => answer.json<AnsweredProblem>();
