/** Parameters of lists, and the pages that they return. */

export interface OrderFilter {
  status?: string | undefined;
  email?: string | undefined;
  /** Only orders with a step that waits for an operator. */
  attention?: true | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface DeadLetterQuery {
  state?: string | undefined;
  source?: string | undefined;
  reason?: string | undefined;
  type?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface DisputeQuery {
  status?: string | undefined;
  /** ISO 8601. */
  dueBefore?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface PageQuery {
  limit: number;
  cursor: string | undefined;
}

/** One page of a list. `nextCursor` is the cursor of the next page; the last page has none. */
export interface Page<T> {
  data: T[];
  nextCursor?: string;
}

/** The path with those of the parameters that have a value. */
export function withQuery(
  path: string,
  query: Record<string, string | number | boolean | undefined>,
): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(Object.fromEntries(given)).toString()}`;
}
