import { answerWith } from '../webhooks/receiver.ts';
import type { Break } from './break.ts';

const MANY = 1_000_000;

/** Charges that fail are repeated by activities, more and more of them. */
export const providerAway: Break = {
  name: 'the payment provider answers every call with 503',
  alerts: ['CheckoutProviderAway', 'CheckoutUndecidedOrder', 'CheckoutActivityScheduleToStart'],
  async begin({ shop: { provider } }) {
    await provider.control('/faults', { failNext: MANY, failNextWith: 503 });
    return () => provider.control('/faults/reset');
  },
};

export const providerSlow: Break = {
  name: 'the payment provider takes 3 s for each charge',
  alerts: ['CheckoutSlowDecisionsFast', 'CheckoutSlowDecisionsSlow'],
  async begin({ shop: { provider } }) {
    await provider.control('/faults', { latencyMs: 3_000 });
    return () => provider.control('/faults/reset');
  },
};

export const mailServerAway: Break = {
  name: 'the mail server takes no mail',
  alerts: ['CheckoutMailsFail'],
  async begin({ shop: { provider } }) {
    await provider.control('/smtp', { mode: 'defer' });
    return () => provider.control('/smtp', { mode: 'accept' });
  },
};

export const brokerDown: Break = {
  name: 'RabbitMQ is killed',
  alerts: ['CheckoutRelayBehind'],
  alertsAfterRepair: ['CheckoutLateEventsFast', 'CheckoutLateEventsSlow'],
  async begin({ rabbitMq }) {
    await rabbitMq.kill();
    return () => rabbitMq.start();
  },
};

export const endpointFails: Break = {
  name: 'a webhook endpoint answers 500',
  alerts: ['CheckoutWebhooksFailing'],
  begin({ receiver }) {
    receiver.answer = answerWith(500);
    return Promise.resolve(() => {
      receiver.answer = answerWith(204);
      return Promise.resolve();
    });
  },
};
