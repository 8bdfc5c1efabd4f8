/** What versions of a list share: all items that have one behind them. */
interface Trunk<T> {
  items: T[];
  /** Places of the items by their IDs; made when they are first asked for. */
  places: Map<string, number> | undefined;
  /** The version that was read as an array last. */
  read: { length: number; last: T | undefined; array: T[] } | undefined;
}

/** Up to so many items are searched one by one. */
const FEW = 16;

/** The lists that were read as these arrays. */
const lists = new WeakMap<readonly unknown[], GrowingList<unknown>>();

/**
 * A list that never changes, from which longer ones are made without copying it: to add an item, to replace the last one
 * and to find one by its ID take the same time however long it is. Only as an array is it copied.
 */
export class GrowingList<T> {
  private constructor(
    private readonly trunk: Trunk<T>,
    readonly length: number,
    readonly last: T | undefined,
    private readonly idOf: (item: T) => string,
  ) {}

  /** @param array which nobody changes any more */
  static of<T>(array: readonly T[], idOf: (item: T) => string): GrowingList<T> {
    const known = lists.get(array) as unknown as GrowingList<T> | undefined;
    if (known !== undefined && known.length === array.length) return known;
    return new GrowingList(trunkOf(array.slice(0, -1)), array.length, array.at(-1), idOf);
  }

  at(index: number): T | undefined {
    return index === this.length - 1 ? this.last : this.trunk.items[index];
  }

  /** Place of the first item with that ID; -1 when there is none. */
  find(id: string): number {
    const { head, idOf } = this;
    const place = head > FEW ? this.placeOf(id) : this.trunk.items.findIndex((item) => idOf(item) === id);
    if (place >= 0 && place < head) return place;
    return this.length > 0 && idOf(this.last as T) === id ? head : -1;
  }

  push(item: T): GrowingList<T> {
    const { length, last, head, idOf } = this;
    if (length === 0) return new GrowingList(trunkOf<T>([]), 1, item, idOf);
    // Another version has grown on: this one becomes a list of its own.
    const trunk = this.isLatest ? this.trunk : trunkOf(this.trunk.items.slice(0, head));
    trunk.items.push(last as T);
    const id = idOf(last as T);
    if (trunk.places?.has(id) === false) trunk.places.set(id, head);
    return new GrowingList(trunk, length + 1, item, idOf);
  }

  /** The list with another item of the same ID at that place. */
  with(index: number, item: T): GrowingList<T> {
    const { trunk, length, last, head, idOf } = this;
    if (index === head) return new GrowingList(trunk, length, item, idOf);
    const copy = trunkOf(trunk.items.slice(0, head).with(index, item));
    if (this.isLatest) {
      copy.places = trunk.places;
      trunk.places = undefined;
    }
    return new GrowingList(copy, length, last, idOf);
  }

  /** The first items, or all of them. The array is for reading. */
  toArray(most = this.length): T[] {
    const { trunk, length, last } = this;
    if (most < length) return trunk.items.slice(0, most);
    if (trunk.read?.length === length && trunk.read.last === last) return trunk.read.array;
    const array = length === 0 ? [] : [...trunk.items.slice(0, this.head), last as T];
    trunk.read = { length, last, array };
    lists.set(array, this as unknown as GrowingList<unknown>);
    return array;
  }

  /** Number of the items in the trunk that are part of this version. */
  private get head(): number {
    return Math.max(0, this.length - 1);
  }

  private get isLatest(): boolean {
    return this.trunk.items.length === this.head;
  }

  private placeOf(id: string): number {
    const { trunk, idOf } = this;
    if (trunk.places === undefined) {
      trunk.places = new Map();
      for (const [place, item] of trunk.items.entries()) {
        if (!trunk.places.has(idOf(item))) trunk.places.set(idOf(item), place);
      }
    }
    return trunk.places.get(id) ?? -1;
  }
}

function trunkOf<T>(items: T[]): Trunk<T> {
  return { items, places: undefined, read: undefined };
}

type Lists = Record<string, GrowingList<unknown>>;

type ListsOf<T> = {
  [field in keyof T]?: NonNullable<T[field]> extends readonly (infer Item)[] ? GrowingList<Item> : never;
};

/** The fields of objects that hold growing lists. */
const grown = new WeakMap<object, Lists>();

/** Getters of those fields, by name: the same for all objects. */
const getters = new Map<string, (this: object) => unknown[]>();

/** The list in a field, which may be absent; `idOf` tells the ID of an item. */
export function listIn<T>(object: object, field: string, idOf: (item: T) => string): GrowingList<T> {
  const known = grown.get(object)?.[field] as unknown as GrowingList<T> | undefined;
  return known ?? GrowingList.of(((object as Record<string, unknown>)[field] ?? []) as T[], idOf);
}

/**
 * A copy of the object with other values in some fields, or with other lists. A field that holds a list is an array to
 * whoever reads it, and is made one only then.
 */
export function copyWith<T extends object>(object: T, fields: Partial<T>, changed: ListsOf<T> = {}): T {
  const kept = grown.get(object);
  if (kept === undefined && Object.keys(changed).length === 0) return { ...object, ...fields };
  const held = { ...without(kept, Object.keys(fields)), ...changed } as unknown as Lists;
  const properties: PropertyDescriptorMap = {
    ...Object.getOwnPropertyDescriptors(object),
    ...Object.getOwnPropertyDescriptors(fields),
  };
  for (const field of Object.keys(changed)) {
    properties[field] = { get: getterOf(field), enumerable: true, configurable: true };
  }
  const copy = Object.defineProperties({}, properties) as T;
  grown.set(copy, held);
  return copy;
}

/** A copy of the object without a field. */
export function copyWithout<T extends object>(object: T, field: keyof T & string): T {
  const kept = grown.get(object);
  const { [field]: _, ...properties } = Object.getOwnPropertyDescriptors(object);
  const copy = Object.defineProperties({}, properties) as T;
  if (kept !== undefined) grown.set(copy, without(kept, [field]));
  return copy;
}

function without(held: Lists | undefined, fields: readonly string[]): Lists {
  return Object.fromEntries(Object.entries(held ?? {}).filter(([field]) => !fields.includes(field)));
}

function getterOf(field: string): (this: object) => unknown[] {
  const known = getters.get(field);
  if (known !== undefined) return known;
  const getter = function (this: object) {
    return grown.get(this)?.[field]?.toArray() ?? [];
  };
  getters.set(field, getter);
  return getter;
}
