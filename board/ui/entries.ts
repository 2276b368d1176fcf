import { hasScope } from '../api/session.ts';
import type { Route } from '../lib/router.ts';
import type { TextKey } from '../locales/en.ts';

export interface Entry {
  page: Route['page'];
  to: Route;
  icon: string;
  text: TextKey;
  /** Left out of the navigation without it. */
  scope?: string;
  key: string;
}

export const MAIN: readonly Entry[] = [
  { page: 'now', to: { page: 'now' }, icon: 'now', text: 'nav.now', key: 'n' },
  { page: 'queues', to: { page: 'queues', queue: 'attention' }, icon: 'inbox', text: 'nav.queues', key: 'q' },
  {
    page: 'orders',
    to: { page: 'orders', filter: {} },
    icon: 'list',
    text: 'nav.orders',
    scope: 'orders:read',
    key: 'o',
  },
  { page: 'stock', to: { page: 'stock' }, icon: 'box', text: 'nav.stock', scope: 'stock:read', key: 's' },
];
export const MESSAGES: readonly Entry[] = [
  {
    page: 'dead-letters',
    to: { page: 'dead-letters' },
    icon: 'mail',
    text: 'nav.deadLetters',
    scope: 'dead-letters:read',
    key: 'd',
  },
  {
    page: 'webhooks',
    to: { page: 'webhooks' },
    icon: 'send',
    text: 'nav.webhooks',
    scope: 'webhooks:read',
    key: 'w',
  },
];
export const KEEP: readonly Entry[] = [
  {
    page: 'audits',
    to: { page: 'audits' },
    icon: 'shield',
    text: 'nav.audits',
    scope: 'audit:run',
    key: 'a',
  },
  {
    page: 'brakes',
    to: { page: 'brakes' },
    icon: 'brake',
    text: 'brakes.title',
    scope: 'brakes:read',
    key: 'b',
  },
  {
    page: 'batches',
    to: { page: 'batches' },
    icon: 'copy',
    text: 'nav.batches',
    scope: 'batches:read',
    key: 'x',
  },
  { page: 'log', to: { page: 'log' }, icon: 'log', text: 'nav.log', scope: 'log:read', key: 'l' },
  { page: 'settings', to: { page: 'settings' }, icon: 'sliders', text: 'nav.settings', key: ',' },
];
export const ALL = [...MAIN, ...MESSAGES, ...KEEP];

export const isAllowed = ({ scope }: Entry): boolean => scope === undefined || hasScope(scope);
export const isCurrent = (entry: Entry, present: Route): boolean =>
  entry.page === present.page || (entry.page === 'orders' && present.page === 'order');
