import { counted } from '../../domain/counted.ts';
import type { Figure } from '../../domain/situation/health.ts';
import { BEHIND_MS } from '../../domain/situation/limits.ts';
import type { Clause, Remark } from '../../domain/situation/sentence.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const NAMES: Readonly<Record<string, string>> = {
  api: 'API',
  endpoints: 'Webhooks',
  kafka: 'Kafka',
  mail: 'Mail',
  postgres: 'PostgreSQL',
  postgresql: 'PostgreSQL',
  provider: 'Payments',
  rabbitmq: 'RabbitMQ',
  temporal: 'Temporal',
  webhooks: 'Webhook relay',
  zeromq: 'ZeroMQ',
};

const PAUSED = {
  intake: 'All new orders are paused.',
  provider: 'Charges are paused, new orders wait for their payment.',
  'some-intake': 'Some new orders are paused.',
};

/** The name of a part of the system, as the board has it. */
export const nameOf = (part: string): string => NAMES[part] ?? capitalised(part);

/** `carrier-lost` is `Carrier lost`. */
export const queueName = (name: string): string => capitalised(name.replaceAll(/[-_]/g, ' '));

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A duration in at most two units: `42 s`, `26 min`, `2 h 14 min`, `3 d 4 h`. Never negative. Milliseconds. */
export function age(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  const [size, large, rest, small] =
    ms < DAY
      ? [Math.floor(ms / HOUR), 'h', Math.floor((ms % HOUR) / MINUTE), 'min']
      : [Math.floor(ms / DAY), 'd', Math.floor((ms % DAY) / HOUR), 'h'];
  return rest === 0 ? `${size} ${large}` : `${size} ${large} ${rest} ${small}`;
}

/** A response time with three figures: `0.4 ms`, `251 ms`, `1.62 s`. */
export function latency(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  if (milliseconds < 999.5) return `${Number(milliseconds.toPrecision(3))} ms`;
  if (milliseconds < MINUTE) return `${Number((milliseconds / SECOND).toPrecision(3))} s`;
  return age(milliseconds);
}

/** At most one digit after the point. */
export const rate = (value: number): string => String(Math.round(value * 10) / 10);
/** 0.964 is `96.4%`. */
export const share = (value: number): string => `${rate(value * 100)}%`;

export function clauseText(clause: Clause): string {
  switch (clause.kind) {
    case 'down':
      return `${clause.names.map(nameOf).join(', ')} cannot be reached.`;
    case 'stuck':
      return `${counted(clause.count, 'order')} ${clause.count === 1 ? 'stands' : 'stand'} still.`;
    case 'paused':
      return PAUSED[clause.what];
    case 'slow':
      return `Selling slowly, half of the orders take more than ${latency(clause.p50)}.`;
    case 'normal':
      return 'Selling normally.';
    case 'quiet':
      return 'No orders at the moment.';
    case 'nothing-needs':
      return 'Nothing needs you.';
    case 'needs': {
      const { count, atLeast, oldestMs } = clause;
      const things = `${count}${atLeast ? '+' : ''} ${count === 1 ? 'thing needs' : 'things need'} you`;
      return oldestMs === undefined ? `${things}.` : `${things}, the oldest for ${age(oldestMs)}.`;
    }
  }
}

export function remarkText(remark: Remark): string {
  switch (remark.kind) {
    case 'behind': {
      const others = remark.others === 0 ? 'nothing else is' : `${remark.others} more are`;
      return `${nameOf(remark.destination)} gets its events ${latency(remark.lagMs)} late; ${others} behind.`;
    }
    case 'ahead':
      return `${nameOf(remark.destination)} has events that the database does not have: it was restored.`;
    case 'feed-late':
      return `The event feed is ${age(remark.ms)} late: no process of the API, the intake or the relay can read it.`;
    case 'long-transaction':
      return `A transaction that writes is open for ${age(remark.ms)}.`;
    case 'webhooks': {
      const count = remark.failing + remark.disabled;
      return `${counted(count, 'webhook endpoint')} ${count === 1 ? 'does' : 'do'} not get the events.`;
    }
    case 'nothing-behind':
      return 'Nothing is behind.';
  }
}

export function figureText(figure: Figure): string {
  switch (figure.kind) {
    case 'nothing-measured':
      return 'nothing measured';
    case 'p50':
      return `${latency(figure.ms)} p50`;
    case 'unreachable':
      return 'cannot be reached';
    case 'standing':
      return `${figure.count} ${figure.count === 1 ? 'stands' : 'stand'} still`;
    case 'feed':
      return `feed ${latency(figure.ms)} behind`;
    case 'ahead':
      return 'ahead of the database';
    case 'behind':
      return `${latency(figure.ms)} behind${figure.ms > BEHIND_MS ? `, ${figure.count}` : ''}`;
    case 'failing':
      return `${figure.count} ${figure.count === 1 ? 'fails' : 'fail'}`;
    case 'waiting':
      return `${figure.count} waiting`;
    case 'labels':
      return `${figure.count} ${figure.count === 1 ? 'label' : 'labels'} to buy`;
    case 'labels-failing':
      return `${figure.count} ${figure.count === 1 ? 'label' : 'labels'} refused`;
  }
}
