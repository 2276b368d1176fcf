/** Text with enough contrast to its background, and fills that people with colour blindness can tell apart. */
export const STYLE = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
.title { font-size: 14px; font-weight: 600; }
.quiet { font-size: 11px; fill: #59636e; }
.label { text-anchor: end; }
.figure { font-variant-numeric: tabular-nums; }
.inside { font-size: 11px; text-anchor: middle; fill: #ffffff; }
.paper { fill: #ffffff; }
.range { stroke: #1f2328; fill: none; }
.ours { fill: #0969da; } .other { fill: #8c959f; }
.variant { fill: #0550ae; } .engine { fill: #a04100; } .postgres { fill: #116329; } .sandbox { fill: #6e7781; }
.p50 { fill: #0550ae; } .p99 { fill: #a5ccf9; }
.tick { font-size: 11px; text-anchor: end; fill: #59636e; } .middle { font-size: 11px; text-anchor: middle; fill: #59636e; }
.grid { stroke: #d1d9e0; } .line { fill: none; stroke-width: 2; } .our-line { stroke: #0969da; } .other-line { stroke: #8c959f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .quiet { fill: #9198a1; } .inside { fill: #0d1117; }
  .paper { fill: #0d1117; } .range { stroke: #e6edf3; }
  .ours { fill: #4493f8; } .other { fill: #6e7681; }
  .variant { fill: #79c0ff; } .engine { fill: #ffa657; } .postgres { fill: #7ee787; } .sandbox { fill: #9198a1; }
  .p50 { fill: #79c0ff; } .p99 { fill: #1f4f94; }
  .tick, .middle { fill: #9198a1; }
  .grid { stroke: #3d444d; } .our-line { stroke: #4493f8; } .other-line { stroke: #6e7681; }
}
`.trim();
