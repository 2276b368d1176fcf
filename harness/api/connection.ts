/** The address of the API, and its key. */
export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKey: string | undefined;
}
