import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Stands in what lies outside: whoever says it has read there. */
export const SECRET = 'the canary sang';

/** As much of every record as it takes to be taken for one. */
const CANARY = { formatVersion: 2, name: SECRET, version: SECRET, contentHash: SECRET, documents: [], skipped: [] };

/** A folder for names, several levels down, with canaries at every level above it and a link that leads to one. */
export function makeSurroundings() {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-names-')));
  const box = path.join(root, 'a/b/box');
  mkdirSync(box, { recursive: true });
  for (const level of ['', 'a', 'a/b']) {
    const canary = path.join(root, level, 'canary');
    mkdirSync(canary);
    for (const file of ['secret.txt', 'cell.json', 'package.json', 'experiment.json', 'data-manifest.json']) {
      writeFileSync(path.join(canary, file), JSON.stringify(CANARY));
    }
  }
  const outside = path.join(root, 'canary');
  symlinkSync(outside, path.join(box, 'link'));
  return { root, box, outside, link: 'link', remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Everything of the surroundings but the folder for names, as one hash: names, contents, and when they changed. */
export function stateOutside({ root, box }) {
  const hash = createHash('sha256');
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = path.join(folder, entry.name);
      if (file === box) continue;
      hash.update(`${file} ${lstatSync(file).mtimeMs}\n`);
      if (entry.isDirectory()) visit(file);
      else hash.update(readFileSync(file));
    }
  };
  visit(root);
  return hash.digest('hex');
}

/** Whether a path is strictly inside a folder, links followed as far as there is anything. */
export function isInside(folder, file) {
  const inside = path.relative(folder, realOf(file));
  return inside !== '' && inside.split(path.sep)[0] !== '..' && !path.isAbsolute(inside);
}

function realOf(file) {
  try {
    return realpathSync(file);
  } catch (error) {
    if (error.code === 'ENAMETOOLONG' || file === path.dirname(file)) return file;
    return path.join(realOf(path.dirname(file)), path.basename(file));
  }
}
