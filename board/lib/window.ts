/** Rows beyond the view that are rendered too, so that scrolling shows no gaps. */
const MARGIN = 30;

/**
 * The rows from `from` to before `to` that are rendered, of a table that begins `scrolled` pixels above the top of the view. In steps of ten,
 * so that not each pixel renders the table anew.
 */
export function windowOf({
  count,
  rowHeight,
  scrolled,
  viewHeight,
}: {
  count: number;
  rowHeight: number;
  scrolled: number;
  viewHeight: number;
}): { from: number; to: number } {
  const first = Math.floor(scrolled / rowHeight) - MARGIN;
  const from = Math.min(Math.max(0, Math.floor(first / 10) * 10), Math.max(0, count - 1));
  const rows = Math.ceil(viewHeight / rowHeight) + 2 * MARGIN + 10;
  return { from, to: Math.min(count, from + rows) };
}
