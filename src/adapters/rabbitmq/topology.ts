import type { Channel } from 'amqplib';
import { COMMANDS_CHANNEL, DEAD_CHANNEL, EVENTS_CHANNEL } from '../../contracts/messages.ts';

/**
 * What is delivered and not acknowledged goes back to the queue, as often as a process dies. RabbitMQ would count that, and
 * drop the message after some times (20 by default from 4.0 on).
 */
const DELIVERIES = 1_000_000;

/**
 * Declares what the contract names: safe to repeat, and refused by the broker where a queue is there in another form.
 * Beside the queue stands an exchange of its name, for publishers that say in the routing key what their message is.
 */
export async function declareTopology(channel: Channel): Promise<void> {
  await channel.assertQueue(DEAD_CHANNEL, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.assertQueue(COMMANDS_CHANNEL, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': DELIVERIES,
      // Whatever the broker itself may drop ends up where it is seen.
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': DEAD_CHANNEL,
    },
  });
  await channel.assertExchange(COMMANDS_CHANNEL, 'topic', { durable: true });
  await channel.bindQueue(COMMANDS_CHANNEL, COMMANDS_CHANNEL, '#');
  await channel.assertExchange(EVENTS_CHANNEL, 'topic', { durable: true });
}
