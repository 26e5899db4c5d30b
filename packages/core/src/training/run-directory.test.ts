import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataManifest } from '../data/data-manifest.ts';
import { checkManifest, runPaths } from './run-directory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-run-directory-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Documents as `id:content`. */
function manifest(...texts: string[]): DataManifest {
  const documents = texts.map((text) => {
    const [id, sha256] = text.split(':');
    return { id, sha256, split: 'train' as const, bytes: 1, tokens: 1 };
  });
  const names = { dataset: 'text-files', tokenizer: 'bytes' };
  return { contentHash: texts.join(), ...names, vocabulary: 256, documents, skipped: [] };
}

test('a run goes on with the data that it recorded, and with no other', async () => {
  const paths = runPaths(folder);
  const before = manifest('a:1', 'b:2', 'c:3');
  await checkManifest(paths, before);
  await checkManifest(paths, before);
  const seen = (...texts: string[]) => checkManifest(paths, manifest(...texts));
  const next = `. ${paths.manifest} lists the files that it needs: put these back, or start a new run.`;
  await expect(seen('a:1', 'b:4', 'd:3', 'e:5')).rejects.toThrow(
    `DATA_CHANGED: ${folder} was started on other data: of its 3 documents 1 missing (such as c), 2 new (such as d), ` +
      `1 different (such as b)${next}`,
  );
  await expect(seen('a:1', 'b:2')).rejects.toThrow(`of its 3 documents 1 missing (such as c)${next}`);
  await expect(seen('b:2', 'a:1', 'c:3')).rejects.toThrow(
    `its documents are in another order, split or tokenized differently${next}`,
  );
});
