/**
 * A constant that is made when it is first asked for: for what is costly to make and often not needed, such as a
 * compiled schema. `make` must give the same whenever it is called.
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
