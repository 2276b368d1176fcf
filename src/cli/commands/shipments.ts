import { Option, type Command } from 'commander';
import type {
  LineQuantity,
  LostShipmentBody,
  ShipmentStatus,
  ShipmentView,
} from '../../contracts/http/shipments.ts';
import { SHIPMENT_STATUSES } from '../../contracts/shipping-states.ts';
import { drawShipment, drawShipments } from '../output/shipments.ts';
import { writeJson, writeLine } from '../output/terminal.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { isoTime, lineQuantity } from '../support/options.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { keyOf } from '../support/repeatable.ts';

interface ReportFlags {
  line: LineQuantity[];
  carrier: string;
  code: string;
  location?: string;
  at?: string;
  key?: string;
}

const ACTIONS = [
  ['hold', 'hold a shipment until it is released'],
  ['release', 'release a shipment that is on hold'],
  [
    'cancel',
    'cancel a shipment before it is handed over: its label is refunded, its pieces are planned again',
  ],
  ['deliver', 'record that a parcel was delivered which no carrier is asked for'],
] as const;

/** `checkout shipments`, `shipments list|get|report|hold|release|cancel|deliver|lost` */
export const define: Define = (shipments, terminal) => {
  const show = (command: Command, found: ShipmentView | readonly ShipmentView[]): void => {
    const { json } = contextOf(command, terminal);
    const all = [found].flat();
    if (json) writeJson(terminal.stdout, found);
    else
      writeLine(
        terminal.stdout,
        all.length === 0
          ? 'The order has no shipments.'
          : all.map((each) => drawShipment(terminal.stdout, each)).join('\n\n'),
      );
  };

  shipments
    .command('list', { isDefault: true })
    .description('list shipments, newest first')
    .addOption(new Option('--status <status>', 'shipments with this status').choices([...SHIPMENT_STATUSES]))
    .option('--late', 'shipments that are not handed over after 48 hours, or on their way for 14 days')
    .action(async (filter: { status?: ShipmentStatus; late?: boolean }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await allPages((cursor) =>
        api.listShipments({ ...filter, limit: MAX_PAGE_SIZE, cursor }),
      );
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0 ? 'There are no shipments.' : drawShipments(terminal.stdout, found),
        );
    });

  shipments
    .command('get')
    .description('show the shipments of an order, with what the carrier has reported')
    .argument('<orderId>')
    .action(async (orderId: string, _flags: object, command: Command) => {
      show(command, await contextOf(command, terminal).api.shipmentsOf(orderId));
    });

  shipments
    .command('report')
    .description('report what the warehouse has handed over to a carrier')
    .argument('<orderId>')
    .requiredOption(
      '--line <line>x<pieces>',
      'the pieces, such as 1x2 for two of line 1; may be given several times',
      lineQuantity,
    )
    .requiredOption('--carrier <carrier>', 'the carrier, as EasyPost names it')
    .requiredOption('--code <code>', 'the tracking code')
    .option('--location <location>', 'where the pieces left (default: where they are reserved)')
    .option('--at <time>', 'when they left, ISO 8601 (default: now)', isoTime)
    .option(
      '--key <key>',
      'idempotency key: repeated with the same key, it happens once (default: a new key)',
    )
    .action(async (orderId: string, flags: ReportFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const { line: lines, carrier, code: trackingCode, location, at, key } = flags;
      const body = {
        lines,
        carrier,
        trackingCode,
        ...(location !== undefined && { location }),
        ...(at !== undefined && { handedOverAt: at }),
      };
      show(command, await api.reportShipment(orderId, body, keyOf(key, json, terminal)));
    });

  for (const [action, description] of ACTIONS)
    shipments
      .command(action)
      .description(description)
      .argument('<orderId>')
      .argument('<shipmentId>')
      .action(async (orderId: string, shipmentId: string, _flags: object, command: Command) => {
        show(command, await contextOf(command, terminal).api.changeShipment(orderId, shipmentId, action));
      });

  shipments
    .command('lost')
    .description('record that a parcel is lost: its pieces are sent again, or their money goes back')
    .argument('<orderId>')
    .argument('<shipmentId>')
    .addOption(
      new Option('--action <action>', 'what follows').choices(['reship', 'refund']).makeOptionMandatory(),
    )
    .action(async (orderId: string, shipmentId: string, body: LostShipmentBody, command: Command) => {
      const { action } = body;
      const { api } = contextOf(command, terminal);
      show(command, await api.changeShipment(orderId, shipmentId, 'lost', { action }));
    });
};
