/** The members of a JSON body or a query. A member of another type counts as absent. */
export class Body {
  readonly #members: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    this.#members = new Map(
      typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [],
    );
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Returns a text without spaces around it; null if it is absent or empty. */
  text(name: string): string | null {
    const value = this.#members.get(name);
    const text = typeof value === 'string' ? value.trim() : '';
    return text === '' ? null : text;
  }

  /** Returns a number; EasyPost also takes numbers that are written as texts. */
  number(name: string): number | null {
    const value = this.#members.get(name);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : null;
  }

  /** Whether the member is set to something else than `false`: EasyPost takes `true`, `[true]`, and `["delivery"]`. */
  flag(name: string): boolean {
    const value = this.#members.get(name);
    const single: unknown = Array.isArray(value) ? value[0] : value;
    return typeof single === 'string' ? !/^(?:false|)$/i.test(single) : Boolean(single);
  }

  object(name: string): Body {
    return new Body(this.#members.get(name));
  }
}
