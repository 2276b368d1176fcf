/** Where the API is and the key to it. */
export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKey: string | undefined;
}
