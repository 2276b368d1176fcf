import type { CheckoutOrder } from '../temporal/checkout.ts';

/**
 * What the parts of a process ask of its traces. Each is absent where there are no traces, so that nothing is done then. A place in a
 * trace is a `traceparent` of the W3C.
 */

/** Runs work in the trace of an order, whichever trace the caller is in. Without a `traceparent`, the work stays where it is. */
export type InTraceOf = <T>(traceparent: string | undefined, work: () => Promise<T>) => Promise<T>;

/** Runs what is done for orders that start together: in the trace of the order, or in one of its own that links to those of all. */
export type TraceOrders = <T>(orders: readonly CheckoutOrder[], work: () => Promise<T>) => Promise<T>;

/** Where in its trace a caller is. Opaque. */
export type TracePlace = object | undefined;

/** For work that several callers share: it is done in the trace of the first of them that is recorded, and links to the others. */
export interface SharedTrace {
  /** Where the caller is now. */
  place(): TracePlace;
  run<T>(places: readonly TracePlace[], work: () => Promise<T>): Promise<T>;
}

/** A request to another service by HTTP. */
export interface HttpCall {
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** Without ids, such as `/v1/refunds/{id}`, and without a query. */
  readonly template: string;
}

/** The status of the answer, or the code of the error where there is none. */
export type HttpCallResult = { readonly status: number } | { readonly error: string };

/** Hears of a request when it is sent. The function that it returns hears of its end. */
export type ObserveHttpCall = (call: HttpCall) => (result: HttpCallResult) => void;

/** A request that the API has received. */
export interface ReceivedRequest {
  readonly method: string;
  /** The template of the route. Undefined: no route. */
  readonly route: string | undefined;
  readonly scheme: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Runs the rest of a request in its trace. The function that it returns is called with the status when the answer is sent. */
export type TraceRequest = (request: ReceivedRequest, next: () => void) => (status: number) => void;
