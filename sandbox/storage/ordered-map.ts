/** Records of one kind in the order of their creation, which is the order of Stripe's lists and cursors. */
export class OrderedMap<T extends { readonly id: string }> {
  readonly #byId = new Map<string, T>();
  readonly #positions = new Map<string, number>();
  readonly #ids: string[] = [];

  get size(): number {
    return this.#ids.length;
  }

  get(id: string): T | undefined {
    return this.#byId.get(id);
  }

  /** Adds the record, or replaces it at its position. Returns whether it is new. */
  put(item: T): boolean {
    const isNew = !this.#byId.has(item.id);
    this.#byId.set(item.id, item);
    if (isNew) this.#positions.set(item.id, this.#ids.push(item.id) - 1);
    return isNew;
  }

  positionOf(id: string): number | undefined {
    return this.#positions.get(id);
  }

  at(position: number): T | undefined {
    const id = this.#ids[position];
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** Oldest first. */
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
