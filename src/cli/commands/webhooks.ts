import { Option, type Command } from 'commander';
import type { WebhookEndpointChange } from '../../contracts/http/webhooks.ts';
import { WEBHOOK_DELIVERY_STATES, WEBHOOK_ENDPOINT_STATES } from '../../contracts/webhook-states.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { isoTime, list } from '../support/options.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { writeJson, writeLine } from '../output/terminal.ts';
import { drawDeliveries, drawDelivery, drawEndpoints } from '../output/webhooks.ts';

type Details = Pick<WebhookEndpointChange, 'events' | 'description' | 'contact'>;

/** `checkout webhooks`, `webhooks add|change|enable|disable|remove|rotate|recover|deliveries|delivery|redeliver` */
export const define: Define = (webhooks, terminal) => {
  webhooks
    .command('list', { isDefault: true })
    .description('list the endpoints, newest first')
    .addOption(
      new Option('--state <state>', 'endpoints with this state (default: all but removed ones)').choices(
        WEBHOOK_ENDPOINT_STATES,
      ),
    )
    .action(async ({ state }: { state?: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await allPages((cursor) =>
        api.listWebhookEndpoints({ state, limit: MAX_PAGE_SIZE, cursor }),
      );
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0 ? 'There are no webhook endpoints.' : drawEndpoints(terminal.stdout, found),
        );
    });

  withDetails(webhooks.command('add'))
    .description('add an endpoint, and show the secret that signs its requests')
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
    .description('change an endpoint; options that are not given stay as they are')
    .argument('<endpointId>')
    .option('--url <url>', 'the new URL')
    .action((endpointId: string, changes: Details & { url?: string }, command: Command) =>
      change(endpointId, changes, command),
    );

  for (const [name, state, description] of [
    [
      'enable',
      'enabled',
      'send events to an endpoint again; use "recover" for the events that it has missed',
    ],
    ['disable', 'disabled', 'send no events to an endpoint until it is enabled again'],
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
    .description('remove an endpoint for good')
    .argument('<endpointId>')
    .action(async (endpointId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      await api.removeWebhookEndpoint(endpointId);
      if (json) writeJson(terminal.stdout, { endpointId, state: 'removed' });
      else writeLine(terminal.stdout, `${endpointId} is removed.`);
    });

  webhooks
    .command('rotate')
    .description('create a new secret; for a day, requests are signed with the old one too')
    .argument('<endpointId>')
    .action(async (endpointId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const answer = await api.rotateWebhookSecret(endpointId);
      if (json) writeJson(terminal.stdout, answer);
      else
        writeLine(
          terminal.stdout,
          `secret ${answer.secret}\nThe previous secret is valid until ${answer.previousExpiresAt}`,
        );
    });

  webhooks
    .command('recover')
    .description('send every event since a time that was not delivered')
    .argument('<endpointId>')
    .requiredOption('--since <time>', 'the time, such as 2026-01-31T12:00:00Z', isoTime)
    .action(async (endpointId: string, { since }: { since: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      let deliveries = 0;
      for (let more = true; more;) {
        const answer = await api.recoverWebhooks(endpointId, since);
        deliveries += answer.deliveries;
        more = answer.more;
      }
      if (json) writeJson(terminal.stdout, { deliveries });
      else writeLine(terminal.stdout, `${deliveries} deliveries were created.`);
    });

  webhooks
    .command('deliveries')
    .description('list the deliveries to an endpoint, newest first')
    .argument('<endpointId>')
    .addOption(
      new Option('--state <state>', 'only deliveries with this state').choices(WEBHOOK_DELIVERY_STATES),
    )
    .option('--limit <n>', 'how many deliveries', '20')
    .action(async (endpointId: string, flags: { state?: string; limit: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const { data } = await api.listWebhookDeliveries(endpointId, flags);
      if (json) writeJson(terminal.stdout, data);
      else
        writeLine(
          terminal.stdout,
          data.length === 0 ? 'There are no deliveries.' : drawDeliveries(terminal.stdout, data),
        );
    });

  webhooks
    .command('delivery')
    .description('show a delivery with its body and all answers')
    .argument('<deliveryId>')
    .action(async (deliveryId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const delivery = await api.getWebhookDelivery(deliveryId);
      if (json) writeJson(terminal.stdout, delivery);
      else writeLine(terminal.stdout, drawDelivery(terminal.stdout, delivery));
    });

  webhooks
    .command('redeliver')
    .description('deliver an event again')
    .argument('<deliveryId>')
    .action(async (deliveryId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const delivery = await api.redeliverWebhook(deliveryId);
      if (json) writeJson(terminal.stdout, delivery);
      else writeLine(terminal.stdout, drawDeliveries(terminal.stdout, [delivery]));
    });
};

const withDetails = (command: Command): Command =>
  command
    .option(
      '--events <types>',
      'event types, comma-separated, such as order.paid,order.refunded (default: all)',
      list,
    )
    .option('--description <text>', 'a description of the endpoint')
    .option(
      '--contact <address>',
      'the mail address that is notified when the endpoint is disabled or removed automatically',
    );
