import ts from 'typescript';
import { insertBefore, replace } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import {
  argument,
  blockOf,
  callOf,
  functionNamed,
  one,
  propertyNamed,
  statementWith,
  valueOf,
} from '../syntax.ts';

/** Mutations of parcels: their labels, their hand-over, and what is said about them. */
export const SHIPPING_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the shipment at the carrier is not kept before its label is bought',
    scenario: 'the answers to the purchase of a label are lost',
    changes: [
      {
        declares: 'createCarrierActivities',
        edit: (file) => {
          const buy = functionNamed(file, 'buy');
          const kept = callOf(buy, 'keep');
          const { statement } = statementWith(blockOf(buy), callOf(buy, 'recordLabel'));
          return [
            replace(kept, argument(kept, 1).getText()),
            insertBefore(statement, `await keep(${argument(kept, 0).getText()}, ${idIn(statement)});`),
          ];
        },
      },
    ],
  },
  {
    name: 'the label of a cancelled shipment is not given back',
    scenario: 'a line is cancelled after its label was bought',
    changes: [
      {
        function: 'cancel_shipment',
        find: /label_refund = case when carrier_shipment_id is not null then [^;]*? end\b/,
        put: () => 'label_refund = null',
      },
    ],
  },
  {
    name: 'what a cancelled line had stays reserved',
    scenario: 'a line is cancelled after its label was bought',
    changes: [
      { function: 'cancel_line_pieces', find: /perform release_reserved\(\w+\);/, put: () => 'null;' },
    ],
  },
  {
    name: 'what is handed over stays in the stock',
    scenario: 'a parcel is delivered',
    changes: [{ function: 'hand_over_shipment', find: /perform ship_reserved\([^;]*;/, put: () => '' }],
  },
  {
    name: 'a late report of the carrier sets a parcel back',
    scenario: 'a late report of the carrier',
    changes: [
      {
        function: 'record_tracking',
        find: /elsif (shipment_rank\(\w+\)) > (shipment_rank\(\w+\.status\)) then/,
        put: (_match, reported = '', known = '') => `elsif ${reported} <> ${known} then`,
      },
    ],
  },
  {
    name: 'the same report of the warehouse is another parcel',
    scenario: 'the warehouse reports a parcel twice',
    changes: [
      {
        declares: 'recordReport',
        edit: (file) => {
          const key = propertyNamed(functionNamed(file, 'recordReport'), 'key');
          return replace(key, `key: \`\${${valueOf(key).getText()}}/\${Math.random()}\``);
        },
      },
    ],
  },
  {
    name: 'a hand-over captures the money of all pieces',
    scenario: 'a part of an authorised order is handed over',
    changes: [
      {
        function: 'next_capture',
        find: /else line_share\((\w+\.amount), [^)]*\) end/,
        put: (_match, amount = '') => `else ${amount} end`,
      },
    ],
  },
  {
    name: 'a mail has another Message-ID each time it is sent',
    scenario: 'a mail about a parcel is sent again',
    changes: [
      {
        declares: 'messageName',
        folder: 'activities/',
        edit: (file) => {
          const { body } = functionNamed(file, 'messageName');
          return replace(body, `(${body.getText()}) + Math.random()`);
        },
      },
      {
        function: 'claim_mails',
        find: /do update set (?=attempts = mails\.attempts)/,
        put: (match) => `${match}message_id = excluded.message_id, `,
      },
    ],
  },
  {
    name: 'the shipment of a return at the carrier is neither kept nor looked for',
    scenario: 'the answers to the purchase of the label of a return are lost',
    changes: [
      {
        declares: 'createReturnActivities',
        edit: (file) => {
          const known = one(
            file,
            'choice of the shipment that is known or created',
            ts.isBinaryExpression,
            ({ right }) => ts.isParenthesizedExpression(right) && right.getText().includes('createShipment'),
          );
          const bought = one(
            file,
            'choice of what is bought',
            ts.isBinaryExpression,
            ({ left }) => left.getText() === 'kept.carrierShipmentId',
          );
          return [replace(known, known.right.getText()), replace(bought, bought.right.getText())];
        },
      },
    ],
  },
];

/** The id of the carrier's shipment in a statement that records its label. */
const idIn = (statement: ts.Statement): string =>
  valueOf(propertyNamed(statement, 'carrierShipmentId')).getText();
