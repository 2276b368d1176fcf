const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

export const WINDOW_PATTERN = '^[1-9][0-9]{0,3}[smhd]$';

/** The seconds of a window such as `30s`, `5m`, `1h` or `1d`, which matches {@link WINDOW_PATTERN}. */
export const windowSeconds = (window: string): number =>
  Number(window.slice(0, -1)) * (SECONDS[window.slice(-1)] ?? Number.NaN);
