import ts from 'typescript';
import { replace } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import { one } from '../syntax.ts';

/** Mutations of what is taken in from the provider: what a person does in its dashboard, a late hold, an expired one. */
export const EXTERNAL_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a capture in the dashboard is not recorded',
    scenario: 'captured in the dashboard, then by us',
    changes: [
      {
        function: 'reconcile_payment',
        find: /greatest\(v_payment\.captured, \(p_said ->> 'captured'\)::bigint - v_ours\)/,
        put: () => 'v_payment.captured',
      },
    ],
  },
  {
    name: 'a capture in the dashboard is no capture of the order',
    scenario: 'captured in the dashboard, then by us',
    changes: [
      { function: 'book_captures_beside', find: /if v_outside > 0 then/, put: () => 'if false then' },
    ],
  },
  {
    name: 'money that was captured in the dashboard is kept when the order is cancelled',
    scenario: 'captured in the dashboard, then cancelled by us',
    changes: [{ function: 'refund_of_cancellation', find: /where v_rest > 0/, put: () => 'where false' }],
  },
  {
    name: 'a refund in the dashboard is not recorded',
    scenario: 'refunded in part in the dashboard',
    changes: [
      {
        function: 'book_outside_refunds',
        find: /jsonb_array_elements\(p_said -> 'refunds'\) r loop/,
        put: (match) => match.replace(' r loop', ' r where false loop'),
      },
    ],
  },
  {
    name: 'a refund in the dashboard counts twice',
    scenario: 'refunded in part in the dashboard',
    changes: [
      {
        function: 'book_outside_refunds',
        find: /least\(refunded \+ v_booked\.amount, captured\)/,
        put: () => 'least(refunded + 2 * v_booked.amount, captured)',
      },
    ],
  },
  {
    name: 'the customer gets no mail about a refund in the dashboard',
    scenario: 'refunded in part in the dashboard',
    changes: [
      {
        function: 'book_outside_refunds',
        find: /v_numbers := v_numbers \|\| to_jsonb\(v_booked\.number\);/,
        put: () => '',
      },
    ],
  },
  {
    name: 'an order that was refunded in the dashboard stays paid',
    scenario: 'refunded in full in the dashboard',
    changes: [
      {
        function: 'book_outside_refunds',
        find: /perform append_refund_event\(v_booked\.refund_id\);/,
        put: () => '',
      },
    ],
  },
  {
    name: 'a hold that appears late stays',
    scenario: 'a hold appears after the cancel',
    changes: [
      {
        function: 'reconcile_payment',
        find: /\(v_ended or v_payment\.capturable = 0\) then true end/,
        put: () => 'false then true end',
      },
    ],
  },
  {
    name: 'a capture makes a hold again that somebody has released',
    scenario: 'released in the dashboard, then captured by us',
    changes: [
      { function: 'reconcile_payment', find: /else 'released' end/, put: () => `else 'expired' end` },
      {
        declares: 'capture',
        folder: 'adapters/stripe/',
        edit: (file) =>
          replace(
            one(
              file,
              'comparison with automatic',
              ts.isBinaryExpression,
              (each) => each.right.getText() === "'automatic'",
            ),
            'Date.now() > 0',
          ),
      },
    ],
  },
  {
    name: 'nobody is told that a hold was released',
    scenario: 'released in the dashboard, then captured by us',
    changes: [
      { function: 'reconcile_payment', find: /then v_payment\.hold_ended end/, put: () => 'then null end' },
    ],
  },
  {
    name: 'a hold that has expired is lost',
    scenario: 'a hold expires, and is captured by us',
    changes: [
      { function: 'reconcile_payment', find: /then 'expired' else/, put: () => `then 'released' else` },
    ],
  },
  {
    name: 'a refund in the dashboard that has failed counts on',
    scenario: 'a refund in the dashboard fails',
    changes: [
      {
        function: 'unbook_failed_refunds',
        find: /provider_refund_id in \(select jsonb_array_elements_text\(p_said -> 'failedRefunds'\)\)/,
        put: () => 'false',
      },
    ],
  },
  {
    name: 'what a dispute gives back to a cancelled order is kept',
    scenario: 'cancelled after a dispute was lost, which is won then',
    changes: [
      {
        declares: 'disputes',
        folder: 'workflows/operations/',
        edit: (file) =>
          replace(
            one(file, 'call of isEnd', ts.isCallExpression, (each) => each.expression.getText() === 'isEnd'),
            'false',
          ),
      },
    ],
  },
];
