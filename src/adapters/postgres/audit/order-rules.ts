import {
  AUDITED_ORDERS,
  type AuditRule,
  CHECKOUT_RUNS,
  FULFILMENT_RUNS,
  HAS_FAILED,
  IS_PAID,
  PAYMENT_WORKFLOW_RUNS,
  runsAs,
} from './rule.ts';

/**
 * How old a workflow may be whose order is not in PostgreSQL yet. Its first step writes the order within milliseconds, but when no
 * worker ran for a while, the workers need some time to catch up with the task queue.
 */
const WORKFLOW_GRACE = `interval '5 minutes'`;

const EVENT = 'com.durable-checkout.order.';

/** An operator has skipped the mail, or has resolved it in another way. */
const MAIL_SKIPPED = `exists (
  select from order_events e
   where e.order_id = o.order_id and e.type in ('${EVENT}attention_skip.v1', '${EVENT}attention_resolve.v1')
     and e.data -> 'attention' ->> 'step' like 'notify%')`;

/** The mails that a fulfilment or a return sends. */
const PARCEL_MAILS = `array['shipped', 'out_for_delivery', 'delivered', 'return_label', 'return_declined', 'return_received']`;

const NOTIFY_CUSTOMER =
  'The customer got no mail. Check the mail server, and notify the customer in another way.';
const WORKFLOW_IS_GONE =
  'The workflow does not run, and was not restarted. Look in the log for the sweep, which restarts it within a minute, and for the step carryOrder of the order. A process with the role checkout has to run.';

/** Orders, their workflows, events and mails. */
export const ORDER_RULES: readonly AuditRule[] = [
  {
    code: 'order_without_workflow',
    whatToDo: WORKFLOW_IS_GONE,
    sql: `
      select o.order_id, jsonb_build_object('workflowId', 'order/' || o.order_id) as ids,
             format('the order is %s, and no workflow processes it', o.status) as detail
        from ${AUDITED_ORDERS} where o.outcome_at is null and not ${CHECKOUT_RUNS}`,
  },
  {
    code: 'workflow_without_order',
    whatToDo:
      'The request was accepted and never became an order. See the failures of the workflow in the Temporal UI, and reset it to its beginning.',
    of: 'audit',
    sql: `
      select distinct w.order_id, jsonb_build_object('workflowId', w.workflow_id) as ids,
             case when w.running then 'the workflow runs, and its order is not in PostgreSQL'
                  else 'the workflow has closed, and its order is not in PostgreSQL' end
               as detail
        from audit_workflows w cross join audit_window
       where not exists (select from orders o where o.order_id = w.order_id)
         and (not w.running or w.started_at < audit_window.now - ${WORKFLOW_GRACE})`,
  },
  {
    code: 'cancelling_without_workflow',
    whatToDo: WORKFLOW_IS_GONE,
    sql: `
      select o.order_id, jsonb_build_object('workflowId', 'order/' || o.order_id || '/cancellation') as ids,
             'the order is being cancelled, and no workflow cancels it' as detail
        from ${AUDITED_ORDERS} where o.cancelling and not ${runsAs(`'order/' || o.order_id || '/cancellation'`)}`,
  },
  {
    code: 'parked_without_workflow',
    whatToDo: `${WORKFLOW_IS_GONE} Then delete the row in parked_steps.`,
    sql: `
      select o.order_id, jsonb_build_object('workflowId', s.workflow_id, 'step', s.step) as ids,
             'the step waits for an operator, and its workflow does not run' as detail
        from ${AUDITED_ORDERS} join parked_steps s using (order_id) 
       where not ${runsAs('s.workflow_id')}
         -- They wait for the payment provider or the shop, and not in a workflow.
         and s.step not in ('respondToDispute', 'captureAuthorization')`,
  },
  {
    code: 'events_sequence',
    whatToDo:
      'Events were lost, or written without our SQL functions. Consumers may have missed a change of this order: inform them.',
    sql: `
      with numbered as (
        select order_id, count(*) as n, min(sequence) as first, max(sequence) as last
          from order_events join audit_scope using (order_id) group by order_id
      )
      select o.order_id, '{}'::jsonb as ids,
             format('there are %s events, numbered %s to %s, and the last number of the order is %s', coalesce(n, 0), first,
                    last, o.last_sequence) as detail
        from ${AUDITED_ORDERS} left join numbered using (order_id)
       where (coalesce(n, 0), first, last) is distinct from (o.last_sequence::bigint, 1, o.last_sequence)`,
  },
  {
    code: 'events_status',
    whatToDo:
      'The order was changed without an event, so consumers do not know of the change. Find out which of the two is wrong, and correct it.',
    sql: `
      select o.order_id, jsonb_build_object('sequence', e.sequence::text) as ids,
             format('the status in the last event is %s, and the order is %s', e.data ->> 'status', o.status) as detail
        from ${AUDITED_ORDERS} join order_events e on e.order_id = o.order_id and e.sequence = o.last_sequence
       where e.data ->> 'status' <> o.status`,
  },
  {
    code: 'mail_missing',
    whatToDo: NOTIFY_CUSTOMER,
    sql: `
      with expected as (
        select o.order_id, kind, 1 as part from ${AUDITED_ORDERS}, unnest(array['created', 'paid']) kind
         where ${IS_PAID} or o.status = 'refunded'
        union all
        select o.order_id, o.status, 1 from ${AUDITED_ORDERS} where ${HAS_FAILED}
        union all
        select order_id, 'refunded', number from refunds join audit_scope using (order_id)
         where kind <> 'cancellation' and amount > 0 and status in ('succeeded', 'resolved')
      )
      select o.order_id, jsonb_build_object('kind', x.kind, 'part', x.part::text) as ids,
             format('the order is %s, and there is no mail "%s"', o.status, x.kind) as detail
        from expected x join orders o using (order_id)
       where not exists (select from mails m where m.order_id = x.order_id and m.kind = x.kind and m.part = x.part)
         and not ${PAYMENT_WORKFLOW_RUNS} and not ${MAIL_SKIPPED}`,
  },
  {
    code: 'mail_unsent',
    whatToDo: NOTIFY_CUSTOMER,
    sql: `
      select o.order_id, jsonb_build_object('kind', m.kind, 'messageId', m.message_id) as ids,
             format('the mail is %s after %s attempts, and no workflow sends it', m.status, m.attempts) as detail
        from ${AUDITED_ORDERS} join mails m using (order_id)
       where m.status not in ('sent', 'refused') and m.kind <> all (${PARCEL_MAILS}) and not ${PAYMENT_WORKFLOW_RUNS} and not ${MAIL_SKIPPED}`,
  },
  {
    code: 'parcel_mail_unsent',
    whatToDo: NOTIFY_CUSTOMER,
    sql: `
      select o.order_id, jsonb_build_object('kind', m.kind, 'messageId', m.message_id) as ids,
             format('the mail is %s after %s attempts, and no workflow sends it', m.status, m.attempts) as detail
        from ${AUDITED_ORDERS} join mails m using (order_id)
       where m.status not in ('sent', 'refused') and m.kind = any (${PARCEL_MAILS}) and not ${FULFILMENT_RUNS} and not ${MAIL_SKIPPED}`,
  },
];
