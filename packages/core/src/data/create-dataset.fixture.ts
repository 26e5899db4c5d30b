import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dataset, Tokenizer } from '../contracts/data.ts';
import type { Json } from '../contracts/json.ts';
import type { Definition } from '../plugins/define.ts';
import { compileOptions } from '../plugins/options-schema.ts';

/** Creates a dataset as the framework does: options checked, defaults filled in. */
export function datasetOf(
  definition: Definition<'dataset'>,
  baseDirectory: string,
  given: Readonly<Record<string, Json>>,
): Dataset {
  const { options, problems } = compileOptions('dataset', definition.options).check(given);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return definition.create({ baseDirectory }, options);
}

/** Creates a tokenizer without options. */
export function tokenizerOf(definition: Definition<'tokenizer'>): Tokenizer {
  return definition.create({}, {});
}

/** Writes files by their paths relative to a folder. */
export function writeTree(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** A dataset of documents held in memory. */
export function datasetInMemory(documents: readonly { id: string; split: 'train' | 'validation'; text: Uint8Array }[]) {
  const dataset: Dataset & { numReads: number } = {
    numReads: 0,
    list: async () => ({
      documents: documents.map(({ id, split, text }) => ({ id, split, bytes: text.length, sha256: `hash of ${text}` })),
      skipped: [{ id: 'z', reason: 'empty' }],
    }),
    read: async ({ id }) => {
      dataset.numReads += 1;
      return documents.find((document) => document.id === id)!.text;
    },
  };
  return dataset;
}
