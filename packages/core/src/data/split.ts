import { createHash } from 'node:crypto';
import { ForetokenError } from '@foretoken/engine/errors';
import { Type } from 'typebox';
import type { DocumentEntry } from '../contracts/data.ts';
import { countReasons } from './skipped.ts';

/** Options of every split. */
export const splitOptions = {
  validation: Type.Number({
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.1,
    description: 'Share of the groups that is held out.',
  }),
  salt: Type.String({ default: '', description: 'Another salt, another choice of what is held out.' }),
};

/** A document before it is known which side it falls on. */
export interface Candidate {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What must stay together; documents of one group fall on the same side. */
  readonly group: string;
}

/** What {@link splitDocuments} found. */
export interface SplitResult {
  readonly documents: DocumentEntry[];
  readonly skipped: { id: string; reason: string }[];
}

/**
 * Drops repeated content and divides the rest by group.
 *
 * Of documents with equal bytes the one with the lexically first id stays. A group's side follows from the hash of its
 * name, so that adding documents moves no other one; only where all fall on one side, the group nearest to the border
 * is moved over.
 * @param leftOut - what the dataset left out already; joins the result's `skipped`
 * @throws DATA_EMPTY if there are not two groups to divide
 */
export function splitDocuments(
  candidates: readonly Candidate[],
  { validation, salt }: { readonly validation: number; readonly salt: string },
  leftOut: SplitResult['skipped'] = [],
): SplitResult {
  const { unique, skipped: repeated } = dropRepeated(candidates);
  const skipped = [...leftOut, ...repeated].sort(byId);
  const place = new Map(unique.map(({ group }) => [group, placeOf(group, salt)]));
  if (place.size < 2) {
    const found = unique.length === 0 ? 'no document is left' : `all are in the one group "${unique[0].group}"`;
    throw new ForetokenError(
      'DATA_EMPTY',
      `a split needs at least two groups of documents: ${found} (${unique.length} documents${skipped.length > 0 ? `; left out: ${countReasons(skipped)}` : ''}). Add documents, or split by something finer.`,
    );
  }
  const places = [...place.values()].sort((a, b) => a - b);
  const isHeldOut = (at: number) => (at < validation || at === places[0]) && at !== places.at(-1);
  const documents = unique.map(({ id, bytes, sha256, group }) => ({
    id,
    split: isHeldOut(place.get(group)!) ? ('validation' as const) : ('train' as const),
    bytes,
    sha256,
  }));
  return { documents, skipped };
}

function dropRepeated(candidates: readonly Candidate[]): { unique: Candidate[]; skipped: SplitResult['skipped'] } {
  const first = new Map<string, string>();
  const unique: Candidate[] = [];
  const skipped: SplitResult['skipped'] = [];
  for (const candidate of [...candidates].sort(byId)) {
    const same = first.get(candidate.sha256);
    if (same === undefined) {
      first.set(candidate.sha256, candidate.id);
      unique.push(candidate);
    } else skipped.push({ id: candidate.id, reason: `same content as ${same}` });
  }
  return { unique, skipped };
}

/** Order by id that no locale changes. */
export const byId = (a: { readonly id: string }, b: { readonly id: string }) =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

function placeOf(group: string, salt: string): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([salt, group]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
