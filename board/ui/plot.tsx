import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Rate } from '../../src/domain/situation/rates.ts';
import { settings } from '../state/settings.ts';
import { useStore } from '../lib/store.ts';
import { useTexts } from '../state/texts.ts';

const MIN_HEIGHT = 220;

/** What happened, as a dashed line over the plot with its time and words. */
export interface PlotMark {
  /** Milliseconds since 1970. */
  at: number;
  text: string;
}

/** Words of a mark are left out where they would cover those of the mark before. Pixels. */
const MARK_LINE = 14;

/** Orders a second, placed and decided, from zero. The two lines are told apart by a dash too. */
export function OrdersPlot({
  samples,
  marks = [],
}: {
  samples: readonly Rate[];
  marks?: readonly PlotMark[];
}) {
  const { t, f } = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const { theme, locale } = useStore(settings);
  const data = seriesOf(samples);
  const latest = useRef(data);
  latest.current = data;
  const latestMarks = useRef(marks);
  latestMarks.current = marks;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: colour('text3'),
      font: `11px ${style.getPropertyValue('--sans')}`,
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: heightOf(element),
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.15)] } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 80,
            size: 30,
            values: (_plot, ticks) => ticks.map((at) => f.clock(at * 1_000)),
          },
          { ...axis, size: 44, values: (_plot, ticks) => ticks.map((value) => f.rate(value)) },
        ],
        hooks: {
          draw: [
            (drawn) => {
              drawMarks(
                drawn,
                latestMarks.current,
                colour('amber'),
                style.getPropertyValue('--sans'),
                f.clock,
              );
            },
          ],
        },
        series: [
          {},
          { stroke: colour('bluedot'), width: 1.75, fill: colour('bluetint'), points: { show: false } },
          { stroke: colour('greendot'), width: 1.75, dash: [2, 4], points: { show: false } },
        ],
      },
      latest.current,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: Math.max(200, element.clientWidth), height: heightOf(element) });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [theme, locale]);

  useEffect(() => {
    plot.current?.setData(latest.current);
  }, [samples, marks]);

  const last = samples.at(-1);
  const highest = Math.max(0, ...samples.map(({ placed }) => placed));
  return (
    <div
      ref={place}
      class="uplot-place"
      role="img"
      aria-label={t('now.plotText', {
        placed: f.rate(last?.placed ?? 0),
        decided: f.rate(last?.decided ?? 0),
        highest: f.rate(highest),
      })}
    />
  );
}

/** Marks that are close stand below each other, three at most. */
function drawMarks(
  plot: uPlot,
  marks: readonly PlotMark[],
  colour: string,
  font: string,
  clock: (at: number) => string,
): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  let free: number[] = [0, 0, 0];
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = scale;
  ctx.font = `${11 * scale}px ${font}`;
  ctx.textBaseline = 'top';
  // The axes were drawn before, with alignments of their own.
  ctx.textAlign = 'left';
  for (const { at, text } of marks) {
    const x = plot.valToPos(at / 1_000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([4 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const words = `${clock(at)} ${text}`;
    const { width } = ctx.measureText(words);
    const isRight = x + width + 6 * scale > bbox.left + bbox.width;
    const from = isRight ? x - width - 6 * scale : x + 6 * scale;
    const line = free.findIndex((end) => from > end);
    if (line === -1) continue;
    ctx.fillText(words, from, bbox.top + line * MARK_LINE * scale);
    free = free.map((end, index) => (index === line ? from + width + 8 * scale : end));
  }
  ctx.restore();
}
const heightOf = (element: HTMLElement): number => Math.max(MIN_HEIGHT, element.clientHeight);

const seriesOf = (samples: readonly Rate[]): uPlot.AlignedData => [
  samples.map(({ at }) => at / 1_000),
  samples.map(({ placed }) => placed),
  samples.map(({ decided }) => decided),
];
