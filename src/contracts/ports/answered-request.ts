/** A request that the API has answered, as the metrics count it. */
export interface AnsweredRequest {
  readonly method: string;
  /** The template of the route, such as `/v1/orders/:orderId`; undefined: no route matches the URL. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
  /** Whether the answer was a live stream, which lasts as long as its reader wants. */
  readonly isStream: boolean;
}
