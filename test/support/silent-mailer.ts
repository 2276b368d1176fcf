import type { Mailer } from '../../src/contracts/ports/mailer.ts';

/** Accepts every mail and sends none. */
export const silentMailer: Mailer = {
  send: () => Promise.resolve(),
  messageId: (name) => `<${name}@shop.example>`,
  busy: () => false,
  stop: () => Promise.resolve(),
  close: () => undefined,
};
