import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type DatasetListing, type DocumentEntry, defineDataset, ForetokenError, Type } from '@foretoken/core/plugin';

const NAME = 'my-plugin';

/** A document before it is known which side it falls on, and its text. */
interface Part {
  readonly id: string;
  readonly text: Buffer;
}

/**
 * Text files cut at a separator: every part is a document, so that no prediction crosses it.
 *
 * A part's side follows from the hash of its text alone: adding files moves no other part, and no text is on both sides.
 *
 * @source name where the format is from, or say that it is yours
 */
export default defineDataset({
  name: NAME,
  description: 'Text files cut at a separator, each part a document.',
  options: Type.Object({
    files: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Paths from the folder of the configuration file, or files of installed packages: package/file.txt.',
    }),
    separator: Type.String({ minLength: 1, default: '\n\n', description: 'Text between two documents.' }),
    validation: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.1,
      description: 'Share of the documents that is held out.',
    }),
  }),
  create({ baseDirectory }, { files, separator, validation }) {
    let texts: ReadonlyMap<string, Buffer> | undefined;
    const readAll = async () => {
      const read = [...files].sort().map((file) => partsOf(baseDirectory, file, separator));
      const parts = (await Promise.all(read)).flat();
      texts = new Map(parts.map(({ id, text }) => [id, text]));
      return parts;
    };
    return {
      list: async () => listingOf(await readAll(), validation),
      async read({ id, sha256 }) {
        if (texts === undefined) await readAll();
        const text = texts?.get(id);
        if (text === undefined || hashOf(text) !== sha256) throw changed(id);
        // A copy: the bytes are the caller's.
        return new Uint8Array(text);
      },
    };
  },
});

const hashOf = (text: Buffer): string => createHash('sha256').update(text).digest('hex');

/** A file of the folder or, where there is none, of a package that Node finds from there. */
function placeOf(folder: string, file: string): string {
  const here = path.resolve(folder, file);
  return existsSync(here) ? here : createRequire(here).resolve(file);
}

async function partsOf(folder: string, file: string, separator: string): Promise<Part[]> {
  try {
    const whole = await readFile(placeOf(folder, file), 'utf8');
    return whole.split(separator).map((text, i) => ({ id: `${file}#${i + 1}`, text: Buffer.from(text) }));
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n');
    const message = `dataset "${NAME}": ${file} cannot be read: ${reason}. Check the path.`;
    throw new ForetokenError('FILE_READ', message, { cause });
  }
}

/** Leaves out what is empty or there already, and divides the rest by the hash of the text. */
function listingOf(parts: readonly Part[], validation: number): DatasetListing {
  const documents: DocumentEntry[] = [];
  const skipped: { id: string; reason: string }[] = [];
  const first = new Map<string, string>();
  for (const { id, text } of parts) {
    const sha256 = hashOf(text);
    const same = first.get(sha256);
    if (text.length === 0) skipped.push({ id, reason: 'empty' });
    else if (same !== undefined) skipped.push({ id, reason: `same content as ${same}` });
    else documents.push({ id, split: sideOf(sha256, validation), bytes: text.length, sha256 });
    first.set(sha256, same ?? id);
  }
  const sides = new Set(documents.map(({ split }) => split));
  if (sides.size < 2) throw oneSided(documents.length);
  return { documents, skipped };
}

const sideOf = (sha256: string, validation: number): 'train' | 'validation' =>
  Number.parseInt(sha256.slice(0, 8), 16) / 2 ** 32 < validation ? 'validation' : 'train';

const changed = (id: string): ForetokenError =>
  new ForetokenError('DATA_CHANGED', `${id} is not what it was when it was listed. Start again.`);

const oneSided = (count: number): ForetokenError =>
  new ForetokenError(
    'DATA_EMPTY',
    `dataset "${NAME}": all ${count} documents fall on one side of the split. Add some, or change "validation".`,
  );
