import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/**
 * How workflows decode what they are given: what cannot be decoded is `undefined`. Anyone who reaches Temporal can send a signal or an
 * update, for example with an encoding that this service does not have. The SDK's own converter would throw, which fails the workflow
 * task, again and again, so that the order would stand still. The handlers ignore or reject `undefined`, see `lib/message-input.ts`.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (...value) => defaultPayloadConverter.toPayload(...value),
  fromPayload<T>(...payload: Parameters<PayloadConverter['fromPayload']>): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload[0], payload[1]);
    } catch {
      return undefined as T;
    }
  },
};
