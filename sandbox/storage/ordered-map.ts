/** Records that are computed when they are needed, oldest first. */
export interface ComputedRecords<T> {
  readonly size: number;
  /** Undefined: there is none at this position. */
  at(position: number): T | undefined;
  positionOf(id: string): number | undefined;
}

const NO_RECORDS: ComputedRecords<never> = { size: 0, at: () => undefined, positionOf: () => undefined };

/** Records of one kind in the order of their creation, which is the order of Stripe's lists and cursors. */
export class OrderedMap<T extends { readonly id: string }> {
  readonly #byId = new Map<string, T>();
  readonly #positions = new Map<string, number>();
  readonly #ids: string[] = [];
  #computed: ComputedRecords<T> = NO_RECORDS;

  get size(): number {
    return this.#computed.size + this.#ids.length;
  }

  /** Sets the records that come before all others. One that is changed is stored from then on. */
  precede(computed: ComputedRecords<T>): void {
    this.#computed = computed;
  }

  get(id: string): T | undefined {
    const stored = this.#byId.get(id);
    if (stored !== undefined) return stored;
    const position = this.#computed.positionOf(id);
    return position === undefined ? undefined : this.#computed.at(position);
  }

  /** Adds the record, or replaces it at its position. Returns whether none was stored under its id. */
  put(item: T): boolean {
    const isNew = !this.#byId.has(item.id);
    this.#byId.set(item.id, item);
    if (isNew && this.#computed.positionOf(item.id) === undefined)
      this.#positions.set(item.id, this.#ids.push(item.id) - 1);
    return isNew;
  }

  positionOf(id: string): number | undefined {
    const position = this.#positions.get(id);
    return position === undefined ? this.#computed.positionOf(id) : this.#computed.size + position;
  }

  at(position: number): T | undefined {
    if (position < this.#computed.size) {
      const record = this.#computed.at(position);
      return record && (this.#byId.get(record.id) ?? record);
    }
    const id = this.#ids[position - this.#computed.size];
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** The stored ones, oldest first. */
  values(): Iterable<T> {
    return this.#byId.values();
  }
}

/** Maps an owner to the ids of its records (a payment to its charges), oldest first. */
export class Index {
  readonly #ids = new Map<string, string[]>();

  add(owner: string, id: string): void {
    const ids = this.#ids.get(owner);
    if (ids === undefined) this.#ids.set(owner, [id]);
    else ids.push(id);
  }

  get(owner: string): readonly string[] {
    return this.#ids.get(owner) ?? [];
  }
}
