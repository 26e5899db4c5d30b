import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isForetokenError } from '@foretoken/engine/errors';

/** The source of a right head. */
export const HEAD = `{ kind: 'head', name: 'low-rank', api: 1, create: () => ({ forward() {} }) }`;
/** What a manifest says of {@link HEAD}. */
export const PROMISE = { kind: 'head', name: 'low-rank', export: '.' };

/** What a test wants different. */
export interface PackageText {
  readonly manifest?: unknown;
  readonly packageJson?: object | string;
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes a package below `root`; by default a right one that provides head "low-rank". */
export function writePackage(root: string, name: string, text: PackageText = {}): string {
  const folder = path.join(root, ...name.split('/'));
  const packageJson = {
    name: name.replace(/^node_modules\//, ''),
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    ...('manifest' in text ? { foretoken: text.manifest } : { foretoken: { api: 1, provides: [PROMISE] } }),
    ...(typeof text.packageJson === 'object' ? text.packageJson : {}),
  };
  const files: Record<string, string> = {
    'package.json': typeof text.packageJson === 'string' ? text.packageJson : JSON.stringify(packageJson),
    ...(text.files ?? { 'index.js': `export default ${HEAD};` }),
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  }
  return folder;
}

/** What work refuses with; `not ours: ...` for an error without a code of ours. */
export async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return isForetokenError(error) ? error.message : `not ours: ${error}`;
  }
  return 'no error';
}
