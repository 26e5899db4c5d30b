import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ForetokenError } from '@foretoken/engine/errors';

/**
 * What `npm publish` would put into a folder's tarball, as npm itself says it. Nothing is written, and no script of the
 * package is run: what is checked is what lies there now.
 *
 * @returns paths inside the folder, with `/`
 * @throws PLUGIN_INVALID if npm cannot pack it, USAGE if there is no npm
 */
export async function packedFiles(directory: string, signal?: AbortSignal): Promise<readonly string[]> {
  const [program, first] = npmProgram();
  const args = [...first, 'pack', '--dry-run', '--json', '--ignore-scripts'];
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: directory, signal, maxBuffer: 64 * 2 ** 20 });
    const [packed] = JSON.parse(stdout) as { readonly files: readonly { readonly path: string }[] }[];
    return packed.files.map((file) => file.path);
  } catch (cause) {
    signal?.throwIfAborted();
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      const next = 'Put npm on the PATH, or pack the folder yourself and check the tarball.';
      throw new ForetokenError('USAGE', `there is no npm, which says what a folder publishes. ${next}`, { cause });
    }
    const why = reasonOf(cause as { stderr?: string; message: string });
    throw new ForetokenError('PLUGIN_INVALID', `${directory}: "npm pack" cannot pack it: ${why}`, { cause });
  }
}

/** The npm that started this process where there is one, else the one on the path. */
function npmProgram(): readonly [program: string, args: readonly string[]] {
  const started = process.env.npm_execpath;
  if (started && path.basename(started) === 'npm-cli.js' && existsSync(started)) return [process.execPath, [started]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}

function reasonOf({ stderr = '', message }: { readonly stderr?: string; readonly message: string }): string {
  const lines = (stderr || message).split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  const said = lines.map((line) => line.replace(/^npm (error|ERR!)( code \w+)?\s*/, '')).filter((line) => line !== '');
  return `${(said[0] ?? message.split('\n')[0]).replace(/\.?$/, '.')} Mend its package.json.`;
}

/** The files of an installed package: all in its folder but what was installed for it. */
export function installedFiles(directory: string): readonly string[] {
  const found: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(path.join(directory, folder), { withFileTypes: true })) {
      const inside = path.posix.join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules') visit(inside);
      else if (entry.isFile()) found.push(inside);
    }
  };
  visit('');
  return found.sort();
}
