import { pathToFileURL } from 'node:url';

/** Where a package's own code threw. */
export interface ThrownAt {
  /** `dist/head.js:12`: the innermost line of the package; undefined where none of it was on the way. */
  readonly at?: string;
  /** The stack, with those of its causes; files of the package as they are called in it. */
  readonly stack: string;
}

/**
 * Finds the line of a package that an error came from, or went through.
 * @param thrown - the error, its cause on `cause`, and so on
 * @param directory - the package's, absolute
 * @returns undefined of what has no stack
 */
export function thrownAt(thrown: unknown, directory: string): ThrownAt | undefined {
  const chain = causesOf(thrown);
  if (chain.length === 0) return undefined;
  const places = [`${pathToFileURL(directory).href}/`, `${directory}/`];
  const own = chain.map(({ stack = '' }) => places.reduce((text, place) => text.replaceAll(place, FOLDER), stack));
  // What was thrown first is what happened; those around it tell of it.
  const [at] = own.toReversed().flatMap((stack) => FRAME.exec(stack)?.[1] ?? []);
  return { ...(at !== undefined && { at }), stack: own.join('\ncaused by: ').replaceAll(FOLDER, '') };
}

/** Stands where the package's folder stood; a path has no such character. */
const FOLDER = '\0';
/** A line of a stack that is of the package. */
const FRAME = /\n\s+at .*?\0([^\n]+?:\d+):\d+\)?(?=\n|$)/;

function causesOf(thrown: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && !chain.includes(error); error = error.cause) chain.push(error);
  return chain;
}
