import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { isRunning } from './is-running.ts';

/** An unfinished file, an unfinished folder of tokens, an unfinished upgrade: each says which process is at it. */
const TEMPORARY = /^((?:\..+|[0-9a-f]{64}|.+\.v\d+-ready)\.(\d+)-[0-9a-f]{12}\.tmp)(?:\.broken)?$/;

/**
 * Names that this process is writing under now, of every copy of this module in it: the number in a name cannot tell them
 * from those of an earlier process that had the number, as containers give theirs out anew at every start.
 */
const OWN = Symbol.for('foretoken.temporary-names');
const own = (): Set<string> => {
  const place = globalThis as { [OWN]?: Set<string> };
  place[OWN] ??= new Set();
  return place[OWN];
};

/**
 * Gives `use` a path that no other writer uses and that {@link temporaryWriter} knows; while it is at work there, nothing
 * of this process takes what is there for abandoned.
 * @param prefix - path of what the content is for, whose base name starts with a dot, is 64 hex digits, or ends in `.vN-ready`
 */
export async function withTemporaryPath<T>(prefix: string, use: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = `${prefix}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  own().add(basename(temporary));
  try {
    return await use(temporary);
  } finally {
    own().delete(basename(temporary));
  }
}

/** The number of the process that gave a temporary name; undefined for any other name. */
export function temporaryWriter(name: string): number | undefined {
  const writer = TEMPORARY.exec(name)?.[2];
  return writer === undefined ? undefined : Number(writer);
}

/** Whether a name is that of something unfinished which nobody is at any more. */
export function isAbandonedName(name: string): boolean {
  const [, temporary, writer] = TEMPORARY.exec(name) ?? [];
  if (temporary === undefined) return false;
  return Number(writer) === process.pid ? !own().has(temporary) : !isRunning(Number(writer));
}
