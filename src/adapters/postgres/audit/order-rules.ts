import { ANY_RUNS, AUDITED_ORDERS, type AuditRule, HAS_FAILED, IS_PAID, runsAs, STORY_RUNS } from './rule.ts';

/**
 * How old a workflow may be whose order is not in PostgreSQL yet. Its first step writes it, in milliseconds; but a queue that
 * has grown while no worker ran takes a while to be worked off, and is none the worse for it.
 */
const WORKFLOW_GRACE = `interval '5 minutes'`;

const EVENT = 'com.durable-checkout.order.';

/** An operator has given the mail up. */
const MAIL_LEFT_OUT = `exists (
  select from order_events e
   where e.order_id = o.order_id and e.type in ('${EVENT}attention_skip.v1', '${EVENT}attention_resolve.v1')
     and e.data -> 'attention' ->> 'step' like 'notify%')`;

const TELL_CUSTOMER = 'The customer was not told: look at the mail server and tell them otherwise.';
const RUN_IS_GONE =
  'Its workflow is gone: find it in the Temporal UI and reset it to its last step, or, where Temporal has forgotten it, settle by hand.';

/** Orders, their workflows, events and mails. */
export const ORDER_RULES: readonly AuditRule[] = [
  {
    code: 'order_without_workflow',
    whatToDo: RUN_IS_GONE,
    sql: `
      select o.order_id, jsonb_build_object('workflowId', 'order/' || o.order_id) as ids,
             format('the order is %s, and no workflow carries it on', o.status) as detail
        from ${AUDITED_ORDERS} where o.outcome_at is null and not ${STORY_RUNS}`,
  },
  {
    code: 'workflow_without_order',
    whatToDo:
      'The request was accepted and never became an order: see the failures of the workflow in the Temporal UI, and reset it to its beginning.',
    sql: `
      select distinct w.order_id, jsonb_build_object('workflowId', w.workflow_id) as ids,
             case when w.running then 'the workflow runs, and has no order' else 'the workflow has ended without an order' end
               as detail
        from audit_workflows w cross join audit_window
       where not exists (select from orders o where o.order_id = w.order_id)
         and (not w.running or w.started_at < audit_window.now - ${WORKFLOW_GRACE})`,
  },
  {
    code: 'cancelling_without_workflow',
    whatToDo: RUN_IS_GONE,
    sql: `
      select o.order_id, jsonb_build_object('workflowId', 'order/' || o.order_id || '/cancellation') as ids,
             'the order is being cancelled, and no workflow does it' as detail
        from ${AUDITED_ORDERS} where o.cancelling and not ${runsAs(`'order/' || o.order_id || '/cancellation'`)}`,
  },
  {
    code: 'parked_without_workflow',
    whatToDo: `${RUN_IS_GONE} Then delete the row of parked_steps.`,
    sql: `
      select o.order_id, jsonb_build_object('workflowId', s.workflow_id, 'step', s.step) as ids,
             'the step waits for an operator, and its workflow does not run' as detail
        from ${AUDITED_ORDERS} join parked_steps s using (order_id) where not ${runsAs('s.workflow_id')}`,
  },
  {
    code: 'events_sequence',
    whatToDo:
      'Events were lost or written past our functions: consumers may have missed a change of this order.',
    sql: `
      with numbered as (
        select order_id, count(*) as n, min(sequence) as first, max(sequence) as last
          from order_events join audit_scope using (order_id) group by order_id
      )
      select o.order_id, '{}'::jsonb as ids,
             format('%s events, from %s to %s, and the order has counted %s', coalesce(n, 0), first, last,
                    o.last_sequence) as detail
        from ${AUDITED_ORDERS} left join numbered using (order_id)
       where (coalesce(n, 0), first, last) is distinct from (o.last_sequence::bigint, 1, o.last_sequence)`,
  },
  {
    code: 'events_status',
    whatToDo:
      'The order was changed without an event: consumers do not know of it. Set right whichever is wrong.',
    sql: `
      select o.order_id, jsonb_build_object('sequence', e.sequence::text) as ids,
             format('the last event says %s, and the order is %s', e.data ->> 'status', o.status) as detail
        from ${AUDITED_ORDERS} join order_events e on e.order_id = o.order_id and e.sequence = o.last_sequence
       where e.data ->> 'status' <> o.status`,
  },
  {
    code: 'mail_missing',
    whatToDo: TELL_CUSTOMER,
    sql: `
      with expected as (
        select o.order_id, kind, 1 as part from ${AUDITED_ORDERS}, unnest(array['created', 'paid']) kind
         where ${IS_PAID} or o.status = 'refunded'
        union all
        select o.order_id, o.status, 1 from ${AUDITED_ORDERS} where ${HAS_FAILED}
        union all
        select order_id, 'refunded', number from refunds join audit_scope using (order_id)
         where kind = 'requested' and status in ('succeeded', 'resolved')
      )
      select o.order_id, jsonb_build_object('kind', x.kind, 'part', x.part::text) as ids,
             format('the order is %s, and there is no mail "%s"', o.status, x.kind) as detail
        from expected x join orders o using (order_id)
       where not exists (select from mails m where m.order_id = x.order_id and m.kind = x.kind and m.part = x.part)
         and not ${ANY_RUNS} and not ${MAIL_LEFT_OUT}`,
  },
  {
    code: 'mail_unsent',
    whatToDo: TELL_CUSTOMER,
    sql: `
      select o.order_id, jsonb_build_object('kind', m.kind, 'messageId', m.message_id) as ids,
             format('the mail is %s after %s tries, and nobody sends it any more', m.status, m.attempts) as detail
        from ${AUDITED_ORDERS} join mails m using (order_id)
       where m.status <> 'sent' and not ${ANY_RUNS} and not ${MAIL_LEFT_OUT}`,
  },
];
