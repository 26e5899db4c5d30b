import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, posix, resolve } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { type Static, Type } from 'typebox';
import type { Dataset, DatasetListing, DocumentEntry } from '../contracts/data.ts';
import { readError } from '../files/disk.ts';
import { defineDataset } from '../plugins/define.ts';
import { type FoundFile, findFiles } from './find-files.ts';
import { findPackageFiles } from './find-package-files.ts';
import { inspectFile } from './inspect-file.ts';
import { PACKAGE_ROUTE } from './installed-package.ts';
import { packageNames } from './package-name.ts';
import { type Candidate, splitDocuments, splitOptions } from './split.ts';

const options = Type.Object({
  include: Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    description:
      'Glob patterns, from the folder of the configuration file or, with packages, of each package; each must match a file.',
  }),
  packages: Type.Optional(
    Type.Array(Type.String({ pattern: PACKAGE_ROUTE, maxLength: 1000 }), {
      minItems: 1,
      description:
        'Installed npm packages whose files are taken, as Node finds them from the configuration file; "a>b" is the b that a depends on. Documents are named name@version/path.',
    }),
  ),
  exclude: Type.Array(Type.String({ minLength: 1 }), { default: [], description: 'Glob patterns to leave out.' }),
  split: Type.Object(
    {
      by: Type.Enum(['file', 'folder', 'package'], {
        default: 'file',
        description: 'What must not be torn apart: a file, a folder, or an npm package in all its versions.',
      }),
      ...splitOptions,
    },
    { default: {}, additionalProperties: false },
  ),
  maxFileBytes: Type.Optional(Type.Integer({ minimum: 1, description: 'Larger files are skipped.' })),
});

/** Text files found by glob patterns, of a folder or of installed packages: one document each. */
export const textFilesDataset = defineDataset({
  name: 'text-files',
  description: 'Text files by glob, split by file, folder or package, deduplicated by content.',
  options,
  create: ({ baseDirectory }, chosen): Dataset => {
    let paths: ReadonlyMap<string, string> | undefined;
    const search = async () => {
      const files = await filesOf(baseDirectory, chosen);
      paths = new Map(files.map(({ id, path }) => [id, path]));
      return files;
    };
    return {
      list: async () => listTextFiles(await search(), chosen),
      read: async (document) => {
        if (paths === undefined) await search();
        return readDocument(paths?.get(document.id), document);
      },
    };
  },
});

function filesOf(baseDirectory: string, { packages, include, exclude }: Static<typeof options>): Promise<FoundFile[]> {
  if (packages === undefined) return findFiles('text-files', include, { baseDirectory, exclude });
  return findPackageFiles('text-files', { baseDirectory: resolve(baseDirectory), packages, include, exclude });
}

async function listTextFiles(
  files: readonly FoundFile[],
  { split, maxFileBytes }: Static<typeof options>,
): Promise<DatasetListing> {
  const groupOf = grouping(split.by);
  const candidates: Candidate[] = [];
  const skipped: { id: string; reason: string }[] = [];
  for (const file of files) {
    const seen = await inspectFile(file.path, { maxBytes: maxFileBytes });
    if ('skip' in seen) skipped.push({ id: file.id, reason: seen.skip });
    else candidates.push({ id: file.id, ...seen, group: await groupOf(file) });
  }
  return splitDocuments(candidates, split, skipped);
}

function grouping(by: 'file' | 'folder' | 'package'): (file: FoundFile) => Promise<string> {
  if (by === 'file') return async ({ id }) => id;
  if (by === 'folder') return async ({ id }) => posix.dirname(id);
  const nameOf = packageNames();
  return async ({ id, path }) => (await nameOf(dirname(path))) ?? `./${posix.dirname(id)}`;
}

async function readDocument(path: string | undefined, { id, sha256 }: DocumentEntry): Promise<Uint8Array> {
  const changed = () => new ForetokenError('DATA_CHANGED', `${id} is not what it was when it was listed. Start again.`);
  if (path === undefined) throw changed();
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw readError(path, cause);
  });
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw changed();
}
