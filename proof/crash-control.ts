import { activityInfo, type Info } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import type { CrashSinks } from './crash-interceptor.ts';
import { activityName, type FromWorker, type Moment, type Victim } from './crash-point.ts';
import { workflowOrder } from './orders-of.ts';
import { untilReported } from './reported.ts';

/** What makes a worker process die by its own hand at exact points. */
export interface CrashControl {
  readonly arm: (victims: readonly Victim[]) => void;
  readonly activityInterceptor: ActivityInterceptorsFactory;
  readonly sinks: InjectedSinks<CrashSinks>;
}

/** Sends to the harness; calls back when it has left the process. */
export type Tell = (message: FromWorker, sent?: () => void) => void;

/** Orders that do not all come to their points: the process dies with those that did. Below every timeout of a step. */
const HOLD_AT_MOST_MS = 7_000;

const forEver = (): Promise<never> => new Promise(() => undefined);

/** Nothing in the process runs after this: no handler, no flush, no report. */
const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

export function createCrashControl(client: Client, tell: Tell): CrashControl {
  const victims = new Map<string, Victim>();
  const held = new Set<string>();
  const activations = new Map<string, number>();

  const hold = (orderId: string): Promise<never> => {
    if (!held.has(orderId)) {
      held.add(orderId);
      if (held.size === 1) setTimeout(die, HOLD_AT_MOST_MS);
      tell({ type: 'held', orderId }, held.size === victims.size ? die : undefined);
    }
    return forEver();
  };

  const victimAt = (info: Info, moment: Moment): string | undefined => {
    const victim = victims.get(workflowOrder(info.workflowExecution?.workflowId) ?? '');
    if (victim?.point.kind !== 'activity') return undefined;
    const { activity, moment: wanted } = victim.point;
    const hit = wanted === moment && activity === activityName(info.taskQueue, info.activityType);
    return hit || held.has(victim.orderId) ? victim.orderId : undefined;
  };

  return {
    arm(wanted) {
      for (const victim of wanted) victims.set(victim.orderId, victim);
      tell({ type: 'armed' });
    },
    activityInterceptor: () => ({
      inbound: {
        async execute(input, next) {
          const info = activityInfo();
          const before = victimAt(info, 'before');
          if (before !== undefined) return hold(before);
          const result = await next(input);
          const after = victimAt(info, 'after');
          if (after !== undefined) return hold(after);
          const reported = victimAt(info, 'reported');
          if (reported !== undefined) void untilReported(client, info).then(() => hold(reported));
          return result;
        },
      },
    }),
    sinks: {
      crash: {
        activationExecuted: {
          callDuringReplay: false,
          async fn({ workflowId }) {
            const victim = victims.get(workflowOrder(workflowId) ?? '');
            if (victim === undefined) return;
            const { orderId, point } = victim;
            const n = (activations.get(orderId) ?? 0) + 1;
            activations.set(orderId, n);
            tell({ type: 'activations', orderId, n });
            if (held.has(orderId) || (point.kind === 'task' && point.n === n)) await hold(orderId);
          },
        },
      },
    },
  };
}
