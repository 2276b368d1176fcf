import { Option, type Command } from 'commander';
import {
  WEBHOOK_DELIVERY_STATES,
  WEBHOOK_ENDPOINT_STATES,
  type WebhookEndpointChange,
} from '../../contracts/http/webhooks.ts';
import { contextOf } from '../context.ts';
import { isoTime, list } from '../options.ts';
import { allPages, LARGEST_PAGE } from '../pages.ts';
import { writeJson, writeLine, type Terminal } from '../terminal.ts';
import { drawDeliveries, drawDelivery, drawEndpoints } from '../webhook-output.ts';

type Details = Pick<WebhookEndpointChange, 'events' | 'description' | 'contact'>;

/** `checkout webhooks`, `webhooks add|change|enable|disable|remove|rotate|recover|deliveries|delivery|redeliver` */
export function registerWebhooks(program: Command, terminal: Terminal): void {
  const webhooks = program
    .command('webhooks')
    .description('who gets events by webhook, what was sent to them, and what they answered');

  webhooks
    .command('list', { isDefault: true })
    .description('list the endpoints, newest first')
    .addOption(new Option('--state <state>', 'others than those in use').choices(WEBHOOK_ENDPOINT_STATES))
    .action(async ({ state }: { state?: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await allPages((cursor) =>
        api.listWebhookEndpoints({ state, limit: LARGEST_PAGE, cursor }),
      );
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0 ? 'No webhook endpoint.' : drawEndpoints(terminal.stdout, found),
        );
    });

  withDetails(webhooks.command('add'))
    .description('register an endpoint, and show the secret that its requests are signed with')
    .argument('<url>')
    .action(async (url: string, details: Details, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const endpoint = await api.addWebhookEndpoint({ url, ...details });
      if (json) writeJson(terminal.stdout, endpoint);
      else
        writeLine(
          terminal.stdout,
          `${drawEndpoints(terminal.stdout, [endpoint])}\n\nsecret ${endpoint.secret}`,
        );
    });

  const change = async (
    endpointId: string,
    changes: WebhookEndpointChange,
    command: Command,
  ): Promise<void> => {
    const { api, json } = contextOf(command, terminal);
    const endpoint = await api.changeWebhookEndpoint(endpointId, changes);
    if (json) writeJson(terminal.stdout, endpoint);
    else writeLine(terminal.stdout, drawEndpoints(terminal.stdout, [endpoint]));
  };

  withDetails(webhooks.command('change'))
    .description('change an endpoint; what is not said stays as it is')
    .argument('<endpointId>')
    .option('--url <url>', 'another URL')
    .action((endpointId: string, changes: Details & { url?: string }, command: Command) =>
      change(endpointId, changes, command),
    );

  for (const [name, state, description] of [
    ['enable', 'enabled', 'send events there again; what was missed is sent by "recover"'],
    ['disable', 'disabled', 'send no events there until it is enabled again'],
  ] as const)
    webhooks
      .command(name)
      .description(description)
      .argument('<endpointId>')
      .action((endpointId: string, _flags: unknown, command: Command) =>
        change(endpointId, { state }, command),
      );

  webhooks
    .command('remove')
    .description('send nothing there any more, for good')
    .argument('<endpointId>')
    .action(async (endpointId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      await api.removeWebhookEndpoint(endpointId);
      if (json) writeJson(terminal.stdout, { endpointId, state: 'removed' });
      else writeLine(terminal.stdout, `${endpointId} is removed`);
    });

  webhooks
    .command('rotate')
    .description('make another secret; requests are signed with both for a day')
    .argument('<endpointId>')
    .action(async (endpointId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const answer = await api.rotateWebhookSecret(endpointId);
      if (json) writeJson(terminal.stdout, answer);
      else
        writeLine(
          terminal.stdout,
          `secret ${answer.secret}\nthe one before is good until ${answer.previousExpiresAt}`,
        );
    });

  webhooks
    .command('recover')
    .description('send every event since then that has not arrived')
    .argument('<endpointId>')
    .requiredOption('--since <time>', 'such as 2026-01-31T12:00:00Z', isoTime)
    .action(async (endpointId: string, { since }: { since: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      let deliveries = 0;
      for (let more = true; more;) {
        const answer = await api.recoverWebhooks(endpointId, since);
        deliveries += answer.deliveries;
        more = answer.more;
      }
      if (json) writeJson(terminal.stdout, { deliveries });
      else writeLine(terminal.stdout, `${deliveries} are on their way`);
    });

  webhooks
    .command('deliveries')
    .description('list what was sent to an endpoint, newest first')
    .argument('<endpointId>')
    .addOption(new Option('--state <state>', 'only these').choices(WEBHOOK_DELIVERY_STATES))
    .option('--limit <n>', 'how many', '20')
    .action(async (endpointId: string, flags: { state?: string; limit: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const { data } = await api.listWebhookDeliveries(endpointId, flags);
      if (json) writeJson(terminal.stdout, data);
      else
        writeLine(
          terminal.stdout,
          data.length === 0 ? 'No delivery.' : drawDeliveries(terminal.stdout, data),
        );
    });

  webhooks
    .command('delivery')
    .description('show one, with what was sent and answered')
    .argument('<deliveryId>')
    .action(async (deliveryId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const delivery = await api.getWebhookDelivery(deliveryId);
      if (json) writeJson(terminal.stdout, delivery);
      else writeLine(terminal.stdout, drawDelivery(terminal.stdout, delivery));
    });

  webhooks
    .command('redeliver')
    .description('send an event once more')
    .argument('<deliveryId>')
    .action(async (deliveryId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const delivery = await api.redeliverWebhook(deliveryId);
      if (json) writeJson(terminal.stdout, delivery);
      else writeLine(terminal.stdout, drawDeliveries(terminal.stdout, [delivery]));
    });
}

const withDetails = (command: Command): Command =>
  command
    .option('--events <types>', 'comma-separated, such as order.paid,order.refunded (default: all)', list)
    .option('--description <text>', 'what it is')
    .option('--contact <address>', 'who is written to when it is disabled or removed by itself');
