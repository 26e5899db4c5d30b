import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, type DatasetListing, defineDataset, ForetokenError, Type } from '@foretoken/core/plugin';

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** The sections of a folder's Markdown files as documents. Files are held out whole: sections of one resemble one another. */
export default defineDataset({
  name: 'markdown-sections',
  description: 'Sections of the Markdown files of a folder; files are held out whole.',
  options: Type.Object({
    folder: Type.String({ default: '.', minLength: 1, description: 'Folder, from that of the configuration file.' }),
    heldOut: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.2,
      description: 'Share of the files.',
    }),
  }),
  create({ baseDirectory }, { folder, heldOut }): Dataset {
    const root = join(baseDirectory, folder);
    return {
      list: async () => listed(await sectionsOf(root), heldOut),
      async read({ id, sha256: hash }) {
        const section = (await sectionsOf(root)).find((one) => one.id === id);
        if (section && sha256(section.bytes) === hash) return section.bytes;
        throw new ForetokenError('DATA_CHANGED', `${id} is not what it was when it was listed. Start again.`);
      },
    };
  },
});

interface Section {
  /** `file.md#2` for the second section. */
  readonly id: string;
  readonly file: string;
  readonly bytes: Uint8Array;
}

async function sectionsOf(root: string): Promise<Section[]> {
  // By code unit: neither the file system nor a locale has a say in the order.
  const files = (await readdir(root)).filter((name) => name.endsWith('.md')).sort();
  const sections = files.map(async (file) => {
    const text = await readFile(join(root, file), 'utf8');
    const parts = text.split(/^(?=## )/m).filter((part) => part.length > 0);
    return parts.map((part, i) => ({ id: `${file}#${i + 1}`, file, bytes: new TextEncoder().encode(part) }));
  });
  return (await Promise.all(sections)).flat();
}

function listed(sections: readonly Section[], heldOut: number): DatasetListing {
  const files = [...new Set(sections.map(({ file }) => file))].sort((a, b) => (sha256(a) < sha256(b) ? -1 : 1));
  if (files.length < 2) {
    const rule = `dataset "markdown-sections": two files at least, one to hold out, were ${files.length}`;
    throw new ForetokenError('DATA_EMPTY', `${rule}. Choose another folder.`);
  }
  const numHeldOut = Math.min(files.length - 1, Math.ceil(files.length * heldOut));
  const validation = new Set(files.slice(0, numHeldOut));
  const documents = new Map<string, DatasetListing['documents'][number]>();
  const skipped: { id: string; reason: string }[] = [];
  for (const { id, file, bytes } of sections) {
    const hash = sha256(bytes);
    const same = documents.get(hash);
    if (same) skipped.push({ id, reason: `same content as ${same.id}` });
    else
      documents.set(hash, {
        id,
        split: validation.has(file) ? 'validation' : 'train',
        bytes: bytes.length,
        sha256: hash,
      });
  }
  return { documents: [...documents.values()], skipped };
}
