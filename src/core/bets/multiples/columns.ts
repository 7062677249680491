// Tables as typed arrays, one a column: nothing for the garbage collector to walk, and a snapshot is a memory copy.

type Column = Uint8Array | Int32Array | Float64Array;
type ColumnType = Uint8ArrayConstructor | Int32ArrayConstructor | Float64ArrayConstructor;
export type ColumnTypes = Readonly<Record<string, ColumnType>>;
/** One array for each name of a table's column types. */
export type Columns<T extends ColumnTypes> = { [K in keyof T]: InstanceType<T[K]> };

export function make<T extends ColumnTypes>(types: T, rows: number): Columns<T> {
  return Object.fromEntries(Object.entries(types).map(([name, Type]) => [name, new Type(rows)])) as Columns<T>;
}

/** The same with room for twice as many rows. */
export function grow<T extends ColumnTypes>(types: T, old: Columns<T>): Columns<T> {
  const [first] = Object.values(old) as Column[];
  const grown = make(types, (first?.length ?? 0) * 2);
  for (const name of Object.keys(types)) (grown[name] as Column).set(old[name] as Column);
  return grown;
}

/** Freed rows are zeroed: equal histories must give equal bytes, whatever stood here before. */
export function clearRow<T extends ColumnTypes>(types: T, columns: Columns<T>, row: number): void {
  for (const name of Object.keys(types)) (columns[name] as Column)[row] = 0;
}

/** The rows in use of every column, in the order of their names. */
export function copyOf<T extends ColumnTypes>(types: T, columns: Columns<T>, rows: number): Column[] {
  return Object.keys(types).map((name) => (columns[name] as Column).slice(0, rows));
}

/** Columns from what copyOf() gave, with room to grow. */
export function fill<T extends ColumnTypes>(types: T, parts: readonly ArrayBuffer[]): Columns<T> {
  const read = Object.entries(types).map(([name, Type], i) => [name, new Type(parts[i] as ArrayBuffer)] as const);
  let capacity = 64;
  for (const [, column] of read) while (capacity < column.length) capacity *= 2;
  const columns = make(types, capacity);
  for (const [name, column] of read) (columns[name] as Column).set(column);
  return columns;
}
