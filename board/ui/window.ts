import { useEffect, useRef, useState } from 'preact/hooks';
import { windowOf } from '../lib/window.ts';

/** From so many rows on, only those near the view are rendered. */
const LONG = 200;
/** Where rows fold to two lines, their heights differ, and all are rendered. */
const ONE_LINE = '(min-width: 1001px)';
const ROW_PX = 36;

/** Which rows of a long table are rendered, and how high the space above and below them is. */
export function useWindow(count: number) {
  const table = useRef<HTMLTableElement>(null);
  const isLong = count >= LONG && matchMedia(ONE_LINE).matches;
  const [range, setRange] = useState({ from: 0, to: LONG });
  const measure = () => {
    const top = table.current?.getBoundingClientRect().top ?? 0;
    const next = windowOf({
      count,
      rowHeight: heightOf(table.current),
      scrolled: -top,
      viewHeight: innerHeight,
    });
    setRange((before) => (before.from === next.from && before.to === next.to ? before : next));
  };
  useEffect(() => {
    if (!isLong) return;
    measure();
    addEventListener('scroll', measure, { passive: true });
    addEventListener('resize', measure);
    return () => {
      removeEventListener('scroll', measure);
      removeEventListener('resize', measure);
    };
  }, [isLong, count]);

  const { from, to } = isLong ? { from: range.from, to: Math.min(count, range.to) } : { from: 0, to: count };
  const rowHeight = heightOf(table.current);
  return {
    table,
    from,
    to,
    above: from * rowHeight,
    below: (count - to) * rowHeight,
    /** Scrolls to a row that is not rendered. */
    reveal: (index: number) => {
      if (!isLong || (index >= from && index < to)) return;
      const top = (table.current?.getBoundingClientRect().top ?? 0) + scrollY;
      scrollTo({ top: Math.max(0, top + index * heightOf(table.current) - innerHeight / 2) });
      measure();
    },
  };
}

const heightOf = (table: HTMLTableElement | null): number =>
  table?.querySelector('tr[data-row]')?.getBoundingClientRect().height || ROW_PX;
