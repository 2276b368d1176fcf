import type { Channel } from 'amqplib';
import { COMMANDS_CHANNEL, DEAD_CHANNEL, EVENTS_CHANNEL } from '../../contracts/messages.ts';

/**
 * An unacknowledged message returns to the queue each time a process dies. RabbitMQ counts that, and drops the message after a limit
 * (20 by default since 4.0), which must never be reached.
 */
const DELIVERY_LIMIT = 1_000_000;

/**
 * Declares the queues and exchanges of the contract. Safe to repeat; RabbitMQ refuses it if a queue exists with other arguments. Beside
 * the queue of commands there is an exchange of the same name, for publishers that put the type into the routing key.
 */
export async function declareTopology(channel: Channel): Promise<void> {
  await channel.assertQueue(DEAD_CHANNEL, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.assertQueue(COMMANDS_CHANNEL, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': DELIVERY_LIMIT,
      // A message that the broker itself drops goes to the dead letter queue, where an operator sees it.
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': DEAD_CHANNEL,
    },
  });
  await channel.assertExchange(COMMANDS_CHANNEL, 'topic', { durable: true });
  await channel.bindQueue(COMMANDS_CHANNEL, COMMANDS_CHANNEL, '#');
  await channel.assertExchange(EVENTS_CHANNEL, 'topic', { durable: true });
}
