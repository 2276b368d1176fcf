type Rgb = readonly [red: number, green: number, blue: number];

/** The colours of a mail that follow from the shop's colour. Texts in them are readable (WCAG 2.2: a contrast of at least 4.5). */
export interface Palette {
  button: string;
  onButton: string;
  link: string;
  darkLink: string;
}

/** The background of the template where the reader prefers dark colours. */
const DARK_BACKGROUND = '#1c1f24';

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [17, 17, 17];
const DEFAULT_COLOR = '#2456a6';
const MIN_CONTRAST = 4.5;
/** Bright text on a dark background needs more, because it looks thinner. */
const MIN_DARK_CONTRAST = 6;
const STEPS = 20;

/** A shop has one colour, and every mail needs its palette. */
const palettes = new Map<string, Palette>();

export function paletteOf(color: string): Palette {
  const known = palettes.get(color);
  if (known) return known;
  const palette = createPalette(color);
  palettes.set(color, palette);
  return palette;
}

function createPalette(color: string): Palette {
  const button = rgbOf(color) ?? rgbOf(DEFAULT_COLOR) ?? BLACK;
  return {
    button: hexOf(button),
    onButton: hexOf(contrast(button, WHITE) >= MIN_CONTRAST ? WHITE : BLACK),
    link: hexOf(readable(button, WHITE, BLACK)),
    darkLink: hexOf(readable(button, rgbOf(DARK_BACKGROUND) ?? BLACK, WHITE, MIN_DARK_CONTRAST)),
  };
}

/** The colour, moved towards `target` until it is readable on the background. */
function readable(color: Rgb, background: Rgb, target: Rgb, minContrast = MIN_CONTRAST): Rgb {
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = mix(color, target, step / STEPS);
    if (contrast(mixed, background) >= minContrast) return mixed;
  }
  return target;
}

const mix = ([r, g, b]: Rgb, [r2, g2, b2]: Rgb, share: number): Rgb => [
  r + (r2 - r) * share,
  g + (g2 - g) * share,
  b + (b2 - b) * share,
];

/** WCAG 2.2: contrast ratio, from 1 to 21. */
function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** WCAG 2.2: relative luminance. */
function luminance([r, g, b]: Rgb): number {
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function rgbOf(color: string): Rgb | undefined {
  const [, red, green, blue] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return [parseInt(red, 16), parseInt(green, 16), parseInt(blue, 16)];
}

const hexOf = (rgb: Rgb): string =>
  `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
