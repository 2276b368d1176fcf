/** A request that the API has answered, as the metrics count it. */
export interface AnsweredRequest {
  readonly method: string;
  /** The template of the route, such as `/v1/orders/:orderId`; undefined: no route matches the URL. */
  readonly route: string | undefined;
  readonly status: number;
  /** Whether an operator has paused what was asked for. */
  readonly isPaused: boolean;
  readonly seconds: number;
  /** Whether the answer was a live stream, which lasts as long as its reader wants. */
  readonly isStream: boolean;
}
