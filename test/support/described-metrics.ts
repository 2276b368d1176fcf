import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.ts';

export interface DescribedMetric {
  readonly name: string;
  readonly type: string;
  /** Sorted. */
  readonly labels: string[];
}

const ROW = /^\| `([a-z0-9_]+)` +\| (counter|gauge|histogram|summary) +\| ([^|]*)\|/;

/** The rows of the tables in docs/guides/metrics.md. */
export const describedMetrics = (): DescribedMetric[] =>
  readFileSync(join(packageRoot(), 'docs/guides/metrics.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, name, type, labels = ''] = ROW.exec(line) ?? [];
      if (name === undefined || type === undefined) return [];
      return [{ name, type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort() }];
    });
