import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.ts';

export const OBSERVABILITY = join(packageRoot(), 'deploy/observability');

export interface AlertRule {
  readonly name: string;
  readonly text: string;
}

/** The alerts in `alerts.yml`, each with the text of its rule. */
export function alertRules(): AlertRule[] {
  const [, ...rules] = read('alerts.yml').split(/^ {6}- alert: /m);
  return rules.map((text) => ({ name: /^\w+/.exec(text)?.[0] ?? '', text }));
}

/** The text of the rules, without comments. */
export const ruleText = (): string => read('alerts.yml').replaceAll(/^ *#.*$/gm, '');

export interface Dashboard {
  readonly file: string;
  readonly title: string;
  readonly uid: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

export const dashboards = (): Dashboard[] =>
  readdirSync(join(OBSERVABILITY, 'dashboards')).map((file) => ({
    ...(JSON.parse(read(join('dashboards', file))) as Omit<Dashboard, 'file'>),
    file,
  }));

/** The metrics that a query reads. The series of a histogram are those of the metric. */
export const metricsIn = (query: string): string[] => [
  ...new Set(
    [...query.matchAll(/\b(?:checkout|temporal|nodejs|process)_[a-z0-9_]+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    ),
  ),
];

const read = (file: string): string => readFileSync(join(OBSERVABILITY, file), 'utf8');
