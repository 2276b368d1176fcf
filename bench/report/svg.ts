import { PROCESSES } from '../processor-time.ts';
import { eachVariant, totalOf, type ResponseTimes, type Summary } from '../summary.ts';
import { variants } from '../variants.ts';
import { drawPanel, escapeXml, PANEL_WIDTH, panelHeight, type Bar, type Panel } from './bars.ts';
import { figure, PROCESS_TITLES, spread } from './figures.ts';
import { STYLE } from './svg-style.ts';

const MARGIN = 24;
const GAP = 28;
const HEADER = 24;
const FOOTER = 40;

/** A run as one picture, with colours of its own for light and for dark. The same summary gives the same picture. */
export function drawSummary(summary: Summary): string {
  const rows: [Panel, Panel][] = [
    [throughput(summary), processorTime(summary)],
    [
      responseTime(summary, 'Response time, 50 in flight', ({ crowded }) => crowded),
      responseTime(summary, 'Response time, one at a time', ({ alone }) => alone),
    ],
  ];
  const right = MARGIN + PANEL_WIDTH + GAP;
  const width = right + PANEL_WIDTH + MARGIN;
  let y = HEADER;
  const panels: string[] = [];
  for (const row of rows) {
    panels.push(drawPanel(row[0], MARGIN, y), drawPanel(row[1], right, y));
    y += Math.max(...row.map(panelHeight)) + GAP;
  }
  const height = y - GAP + FOOTER;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>This checkout, plain Temporal and an empty workflow, measured side by side</title>',
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    ...panels,
    `<text class="quiet" x="${MARGIN}" y="${height - 16}">${escapeXml(footer(summary))}</text>`,
    '</svg>\n',
  ].join('\n');
}

const throughput = (summary: Summary): Panel => ({
  title: 'Throughput, 50 in flight',
  unit: 'orders a second: median of the rounds, least–most',
  legend: [],
  bars: eachVariant(summary).map(([name, { ordersPerSecond }]) => ({
    label: variants[name].title,
    segments: [
      {
        value: ordersPerSecond.median,
        fill: name === 'checkout' ? 'ours' : 'other',
        title: `${variants[name].title}: ${spread(ordersPerSecond)} orders/s`,
      },
    ],
    text: spread(ordersPerSecond),
    range: ordersPerSecond,
  })),
});

const processorTime = (summary: Summary): Panel => ({
  title: 'Processor time an order, 50 in flight',
  unit: 'milliseconds, by process',
  legend: PROCESSES.map((name) => ({ fill: name, text: PROCESS_TITLES[name] })),
  bars: eachVariant(summary).map(([name, { processorMs }]): Bar => {
    const label = variants[name].title;
    if (!processorMs) return { label, segments: [], text: 'not available' };
    const segments = PROCESSES.map((process) => ({
      value: processorMs[process],
      fill: process,
      title: `${PROCESS_TITLES[process]}: ${figure(processorMs[process])} ms`,
      text: figure(processorMs[process]),
    }));
    return { label, segments, text: `${figure(totalOf(processorMs))} ms` };
  }),
});

const PERCENTILES = ['p50', 'p95', 'p99'] as const;

const responseTime = (
  summary: Summary,
  title: string,
  of: (variant: Summary['variants']['checkout']) => ResponseTimes,
): Panel => ({
  title,
  unit: 'milliseconds, over the orders of all rounds',
  legend: PERCENTILES.map((name) => ({ fill: name, text: name })),
  bars: eachVariant(summary).flatMap(([name, variant]) =>
    PERCENTILES.map((percentile, index): Bar => {
      const value = of(variant)[percentile];
      const heading = `${variants[name].title}, ${percentile}: ${figure(value)} ms`;
      return {
        ...(index === 0 && { label: variants[name].title }),
        segments: [{ value, fill: percentile, title: heading }],
        text: figure(value),
      };
    }),
  ),
});

function footer({ machine, measuredAt, plan, quick }: Summary): string {
  const { cores, processor, node, temporal, postgres, fsync } = machine;
  const server = /Server ([\d.]+)/.exec(temporal)?.[1] ?? temporal;
  const run = `${plan.rounds} rounds of ${plan.orders} orders${quick ? ' (quick run)' : ''}`;
  return `${measuredAt.slice(0, 10)} · ${run} · ${cores} cores (${processor}) · Node.js ${node} · Temporal ${server} · PostgreSQL ${postgres}, fsync ${fsync}`;
}
