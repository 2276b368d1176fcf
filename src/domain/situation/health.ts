import type { StatsView } from '../../contracts/http/stats.ts';
import { BEHIND_MS, TRANSACTION_LONG_MS } from './limits.ts';

/** The provider is slow when one charge in twenty takes longer than this. Milliseconds. */
const SLOW_CHARGE_MS = 5_000;
/** Mails are slow when one in twenty takes longer than this. Milliseconds. */
const SLOW_MAIL_MS = 30_000;
/** A label is bought within seconds where the carrier answers. Milliseconds. */
const LABEL_LATE_MS = 10 * 60_000;

/** Well, slow or behind, down, or not configured. */
export type Light = 'ok' | 'slow' | 'down' | 'off';

/** The one figure beside a light. The board and `checkout top` put it into words. Durations are in milliseconds. */
export type Figure =
  | { kind: 'nothing-measured' }
  | { kind: 'p50'; ms: number }
  | { kind: 'unreachable' }
  | { kind: 'standing'; count: number }
  | { kind: 'feed'; ms: number }
  | { kind: 'ahead' }
  | { kind: 'behind'; ms: number; count: number }
  | { kind: 'failing'; count: number }
  | { kind: 'waiting'; count: number }
  | { kind: 'labels'; count: number }
  | { kind: 'labels-failing'; count: number };

export interface Health {
  /** `provider`, `postgres`, `temporal`, `endpoints`, `mail`, `carrier`, or a destination of events. */
  name: string;
  light: Light;
  figure: Figure;
}

/** What the shop depends on, and how it is. `checks`: those of `/readyz` by name, `ok` or what is wrong; absent is well. */
export function healthOf(stats: StatsView, checks: Readonly<Record<string, string>> = {}): Health[] {
  const { charge, notify } = stats.stages;
  const { failing, disabled, pending } = stats.webhooks;
  return [
    {
      name: 'provider',
      light: lightOf(false, (charge.p95 ?? 0) > SLOW_CHARGE_MS),
      figure: medianOf(charge.p50),
    },
    ...serversOf(stats, checks),
    ...stats.relay.map((destination) => ({ name: destination.destination, ...arrivalOf(destination) })),
    {
      name: 'endpoints',
      light: lightOf(false, failing + disabled > 0),
      figure:
        failing + disabled > 0
          ? { kind: 'failing', count: failing + disabled }
          : { kind: 'waiting', count: pending },
    },
    {
      name: 'mail',
      light: lightOf(false, (notify.p95 ?? 0) > SLOW_MAIL_MS),
      figure: medianOf(notify.p50),
    },
    ...(stats.labels ? [carrierOf(stats.labels)] : []),
  ];
}

/** Whether the carrier sells labels. */
function carrierOf({ waiting, oldestMs, failing }: NonNullable<StatsView['labels']>): Health {
  return {
    name: 'carrier',
    light: lightOf(false, failing > 0 || oldestMs > LABEL_LATE_MS),
    figure: failing > 0 ? { kind: 'labels-failing', count: failing } : { kind: 'labels', count: waiting },
  };
}

function serversOf(stats: StatsView, checks: Readonly<Record<string, string>>): Health[] {
  const isDown = (...names: string[]) => names.some((name) => (checks[name] ?? 'ok') !== 'ok');
  const standing = (stats.workflowTasks?.stuck ?? 0) + stats.carriers.lost;
  const { unnumberedMs, transactionMs } = stats.feed;
  const server = (name: string, isAway: boolean, isSlow: boolean, figure: Figure): Health => ({
    name,
    light: lightOf(isAway, isSlow),
    figure: isAway ? { kind: 'unreachable' } : figure,
  });
  return [
    server('postgres', isDown('postgres', 'postgresql'), transactionMs > TRANSACTION_LONG_MS, {
      kind: 'feed',
      ms: unnumberedMs,
    }),
    server('temporal', isDown('temporal'), standing > 0, { kind: 'standing', count: standing }),
  ];
}

/** How a destination gets its events. */
function arrivalOf({ ahead, lagMs, behind }: StatsView['relay'][number]): Omit<Health, 'name'> {
  if (ahead === true) return { light: 'down', figure: { kind: 'ahead' } };
  return { light: lightOf(false, lagMs > BEHIND_MS), figure: { kind: 'behind', ms: lagMs, count: behind } };
}

const medianOf = (ms: number | null): Figure =>
  ms === null ? { kind: 'nothing-measured' } : { kind: 'p50', ms };

const lightOf = (isDown: boolean, isSlow: boolean): Light => (isDown ? 'down' : isSlow ? 'slow' : 'ok');
