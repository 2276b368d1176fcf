import type { NodeLook } from '../lib/runs.ts';

/** The point of a node of a run: a shape for each state, so that colour is not needed. */
export const NodeIcon = ({ look, label }: { look: NodeLook; label?: string }) => (
  <svg
    viewBox="0 0 16 16"
    {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
  >
    {SHAPES[look]}
  </svg>
);

const SHAPES = {
  done: (
    <>
      <circle class="n-ok" cx="8" cy="8" r="7.5" />
      <path class="n-in" d="m5 8.3 2.1 2.1L11.2 6" />
    </>
  ),
  tried: (
    <>
      <circle class="n-fail" cx="8" cy="8" r="6.5" />
      <path class="n-failin" d="m5.9 5.9 4.2 4.2M10.1 5.9l-4.2 4.2" />
    </>
  ),
  failed: (
    <>
      <circle class="n-fail" cx="8" cy="8" r="6.5" />
      <path class="n-failin" d="m5.9 5.9 4.2 4.2M10.1 5.9l-4.2 4.2" />
    </>
  ),
  wait: (
    <>
      <circle class="n-wait" cx="8" cy="8" r="6.5" />
      <path class="n-waitin" d="M8 5v3.2l2 1.2" />
    </>
  ),
  undo: (
    <>
      <circle class="n-undo" cx="8" cy="8" r="6.5" />
      <path class="n-undoin" d="M11 8H5.4M7.6 5.6 5.2 8l2.4 2.4" />
    </>
  ),
  parked: (
    <>
      <circle class="n-ring" cx="8" cy="8" r="10" />
      <circle class="n-park" cx="8" cy="8" r="7.5" />
      <path class="n-in" d="M8 4.6v4M8 11.2v.1" />
    </>
  ),
  running: (
    <>
      <circle class="n-run" cx="8" cy="8" r="6.5" />
      <circle class="n-rund" cx="8" cy="8" r="2.6" />
    </>
  ),
  to_come: <circle class="n-next" cx="8" cy="8" r="6.5" />,
} as const;
