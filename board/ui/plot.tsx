import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Rate } from '../../src/domain/situation/rates.ts';
import { settings } from '../state/settings.ts';
import { useStore } from '../lib/store.ts';
import { useTexts } from '../state/texts.ts';

const HEIGHT = 220;

/** Orders a second, placed and decided, from zero. The two lines are told apart by a dash too. */
export function OrdersPlot({ samples }: { samples: readonly Rate[] }) {
  const { t, f } = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const { theme, locale } = useStore(settings);
  const data = seriesOf(samples);
  const latest = useRef(data);
  latest.current = data;

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
        height: HEIGHT,
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
      made.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT });
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
  }, [samples]);

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

const seriesOf = (samples: readonly Rate[]): uPlot.AlignedData => [
  samples.map(({ at }) => at / 1_000),
  samples.map(({ placed }) => placed),
  samples.map(({ decided }) => decided),
];
