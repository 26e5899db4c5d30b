import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOfText } from '../plan/planning.fixture.ts';
import { DEFINITIONS, HOSTILE } from './hostile.fixture.ts';

/** An arm of a matrix as the ablation file writes it. */
export interface Arm {
  readonly name: string;
  readonly set: object;
}

/** A folder with text, the hostile package and a matrix of some arms. @returns the ablation file */
export async function hostileFolder(arms: readonly Arm[]): Promise<string> {
  const matrix = {
    ...{ formatVersion: 1, name: 'hostile', output: 'out', arms },
    base: {
      plugins: ['./hostile'],
      data: { dataset: { name: 'text-files', include: ['text/*.ts'] }, context: 32 },
      model: {
        ...{ match: 'none', trunk: { name: 'transformer', width: 16, layers: 2, attentionHeads: 2 } },
        head: { name: 'parallel', horizon: 2 },
      },
      training: { steps: 4, batch: 2, validationWindows: 2 },
    },
  };
  const folder = await folderOfText(JSON.stringify(matrix));
  const directory = path.join(folder, 'hostile');
  await mkdir(directory);
  const provides = DEFINITIONS.map(({ kind, name }) => ({ kind, name, export: '.' }));
  const manifest = { ...HOSTILE, type: 'module', exports: './index.js', foretoken: { api: 1, provides } };
  await writeFile(path.join(directory, 'package.json'), JSON.stringify(manifest));
  await copyFile(fileURLToPath(new URL('./hostile.fixture.mjs', import.meta.url)), path.join(directory, 'index.js'));
  return path.join(folder, 'ablation.yaml');
}
