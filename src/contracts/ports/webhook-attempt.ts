/** One attempt to send a delivery: the request, and the response to it. */
export interface WebhookAttempt {
  startedAt: Date;
  durationMs: number;
  /** Headers of the request. */
  headers: Record<string, string>;
  /** Status of the response; absent if there was none. */
  status?: number;
  /** The start of the response's body. */
  answer?: string;
  /** Why there was no response. */
  error?: string;
}
