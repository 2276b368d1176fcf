import { PROCESSES } from '../lib/processor-time.ts';
import { totalOf, type Cell } from '../measure/cell.ts';
import { drawPanel, escapeXml, PANEL_WIDTH, panelHeight, type Bar, type Panel } from '../report/bars.ts';
import { figure, NOT_AVAILABLE, PROCESS_TITLES, spread } from '../report/figures.ts';
import { chartHeight, drawChart, type Chart, type Series } from '../report/lines.ts';
import { STYLE } from '../report/svg-style.ts';
import { VARIANTS, variants, type VariantName } from '../variants/catalogue.ts';
import { RATES } from './scenarios.ts';
import type { Summary } from './summary.ts';

const MARGIN = 24;
const GAP = 28;
const HEADER = 24;
const FOOTER = 40;

interface Drawing {
  readonly height: number;
  readonly draw: (x: number, y: number) => string;
}

/** Draws a run as one picture, with colours for light and for dark mode. The same summary always gives the same picture. */
export function drawSummary(summary: Summary): string {
  const rows: [Drawing, Drawing][] = [
    [bars(throughput(summary)), bars(processorTime(summary))],
    [
      bars(responseTime(summary, 'Response time, 50 in flight', 'in-flight-50')),
      bars(responseTime(summary, 'Response time, one at a time', 'in-flight-1')),
    ],
  ];
  const [p50, p99] = [openLoop(summary, 'p50'), openLoop(summary, 'p99')];
  if (p50.series.length > 0) rows.push([chart(p50), chart(p99)]);

  const right = MARGIN + PANEL_WIDTH + GAP;
  const width = right + PANEL_WIDTH + MARGIN;
  let y = HEADER;
  const drawn: string[] = [];
  for (const [first, second] of rows) {
    drawn.push(first.draw(MARGIN, y), second.draw(right, y));
    y += Math.max(first.height, second.height) + GAP;
  }
  const height = y - GAP + FOOTER;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>This checkout and other ways to build it, measured side by side</title>',
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    ...drawn,
    `<text class="quiet" x="${MARGIN}" y="${height - 16}">${escapeXml(footer(summary))}</text>`,
    '</svg>\n',
  ].join('\n');
}

const bars = (panel: Panel): Drawing => ({
  height: panelHeight(panel),
  draw: (x, y) => drawPanel(panel, x, y),
});
const chart = (of: Chart): Drawing => ({ height: chartHeight(), draw: (x, y) => drawChart(of, x, y) });

const isOurs = (name: VariantName): boolean => variants[name].clientId === 'development';

/** The variants that were measured and did not fail. */
const eachCell = ({ cells }: Summary, scenario: string): [VariantName, Cell][] =>
  VARIANTS.flatMap((name) => {
    const cell = cells[scenario]?.[name];
    return cell === undefined || typeof cell === 'string' ? [] : [[name, cell] as [VariantName, Cell]];
  });

const throughput = (summary: Summary): Panel => ({
  title: 'Throughput, 50 in flight',
  unit: 'orders a second: median of the rounds, least–most',
  legend: [],
  bars: eachCell(summary, 'in-flight-50').map(([name, { ordersPerSecond }]) => ({
    label: variants[name].title,
    segments: [
      {
        value: ordersPerSecond.median,
        fill: isOurs(name) ? 'ours' : 'other',
        title: `${variants[name].title}: ${spread(ordersPerSecond)} orders/s`,
      },
    ],
    text: spread(ordersPerSecond),
    range: ordersPerSecond,
  })),
});

const processorTime = (summary: Summary): Panel => ({
  title: 'Processor time for each order, 50 in flight',
  unit: 'milliseconds, by process',
  legend: PROCESSES.map((name) => ({ fill: name, text: PROCESS_TITLES[name] })),
  bars: eachCell(summary, 'in-flight-50').map(([name, { processorMs }]): Bar => {
    const label = variants[name].title;
    if (!processorMs) return { label, segments: [], text: NOT_AVAILABLE };
    const segments = PROCESSES.map((process) => ({
      value: processorMs[process],
      fill: process,
      title: `${PROCESS_TITLES[process]}: ${figure(processorMs[process])} ms`,
      text: figure(processorMs[process]),
    }));
    return { label, segments, text: `${figure(totalOf(processorMs))} ms` };
  }),
});

const PERCENTILES = ['p50', 'p99'] as const;

const responseTime = (summary: Summary, title: string, scenario: string): Panel => ({
  title,
  unit: 'milliseconds, over the orders of all rounds',
  legend: PERCENTILES.map((name) => ({ fill: name, text: name })),
  bars: eachCell(summary, scenario).flatMap(([name, { responseTimes }]) =>
    PERCENTILES.map((percentile, index): Bar => {
      const value = responseTimes[percentile];
      const heading = `${variants[name].title}, ${percentile}: ${figure(value)} ms`;
      return {
        ...(index === 0 && { label: variants[name].title }),
        segments: [{ value, fill: percentile, title: heading }],
        text: figure(value),
      };
    }),
  ),
});

const openLoop = (summary: Summary, percentile: 'p50' | 'p99'): Chart => ({
  title: `Response time against offered load, ${percentile}`,
  unit: 'milliseconds since the order should have been sent; orders a second',
  series: VARIANTS.flatMap((name): Series[] => {
    const points = RATES.flatMap((rate) => {
      const cell = summary.cells[`rate-${rate}`]?.[name];
      return cell === undefined || typeof cell === 'string'
        ? []
        : [{ x: rate, y: cell.responseTimes[percentile] }];
    });
    if (points.length === 0) return [];
    return [{ title: variants[name].title, stroke: isOurs(name) ? 'our-line' : 'other-line', points }];
  }),
});

function footer({ machine, measuredAt, plan, quick }: Summary): string {
  const { cores, processor, node, postgres, fsync } = machine;
  const run = `${plan.rounds} rounds, ${plan.loadMs / 1_000} s for each load${quick ? ' (quick run)' : ''}`;
  return `${measuredAt.slice(0, 10)} · ${run} · ${cores} cores (${processor}) · Node.js ${node} · PostgreSQL ${postgres}, fsync ${fsync}`;
}
