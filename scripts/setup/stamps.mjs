import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { inRoot } from './paths.mjs';

const stampFile = () => inRoot('.foretoken/setup.json');

/** What the pinned pnpm follows from. */
export const pnpmStamp = () => digest([inRoot('tools/pnpm/package-lock.json'), inRoot('tools/pnpm/package.json')]);

/** What an install follows from: the lockfile, every package.json, the settings, and the Node that native parts are for. */
export function installStamp() {
  const members = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(inRoot(folder)).map((name) => inRoot(folder, name, 'package.json')),
  );
  const own = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', '.npmrc'].map((name) => inRoot(name));
  return digest([...own, ...members], `${process.platform} ${process.arch} ${process.versions.modules}`);
}

/** What the last setup that went through left behind. */
export function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile(), 'utf8'));
  } catch {
    return {};
  }
}

/** Notes finished work; a torn write can only cost a repetition. */
export function writeStamps(stamps) {
  const next = `${stampFile()}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ ...readStamps(), ...stamps })}\n`);
  renameSync(next, stampFile());
}

function digest(files, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const file of files.filter((file) => existsSync(file)).sort()) {
    const bytes = readFileSync(file);
    hash.update(`\0${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
