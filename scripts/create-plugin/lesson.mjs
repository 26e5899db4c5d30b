import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../setup/paths.mjs';

const HEADING = '## What else a head can declare';

/**
 * The blocks of the lesson on heads, in order, each with the comment above it that says what it is.
 *
 * `run`: commands, one a line, that must succeed; `run, fails`: whose last one must not. `write FILE`: a whole file.
 * `patch FILE`: a diff without context. `shown`: lines that the last commands printed.
 *
 * @returns {{ what: string, text: string }[]} `what` is empty for a block that says nothing
 */
export function readLesson() {
  const page = readFileSync(inRoot('docs/guide/write-a-head.md'), 'utf8');
  const end = page.indexOf(HEADING);
  if (end < 0) throw new Error(`the lesson ends where "${HEADING}" begins, and there is no such heading`);
  const blocks = page.slice(0, end).matchAll(/(?:<!-- lesson: (.*) -->\n)?```\w*\n([\s\S]*?)```/g);
  return [...blocks].map(([, what = '', text]) => ({ what, text }));
}

/**
 * Follows the lesson, block by block.
 *
 * @param folder - an empty folder to start in
 * @param run - runs a line of commands in a folder: gives its exit code and all that it printed
 * @throws Error that names the block which is not as the page says
 */
export async function followLesson(folder, run) {
  const at = { folder, printed: '' };
  for (const { what, text } of readLesson()) {
    const [verb, file] = what.split(' ');
    if (what === 'run' || what === 'run, fails') await runLines(at, text, { run, fails: what.endsWith('fails') });
    else if (verb === 'write') write(path.join(at.folder, file), text);
    else if (verb === 'patch') patch(path.join(at.folder, file), text);
    else if (what === 'shown') requireShown(at.printed, text);
    else throw new Error(`nobody knows how to follow this block of the lesson ("${what}"):\n${text}`);
  }
}

async function runLines(at, text, { run, fails }) {
  at.printed = '';
  const lines = text.trim().split('\n');
  for (const [index, line] of lines.entries()) {
    const entered = /^cd (\S+)$/.exec(line)?.[1];
    if (entered) {
      at.folder = path.join(at.folder, entered);
      continue;
    }
    const { code, captured } = await run(line, at.folder);
    at.printed += captured;
    const mustFail = fails && index === lines.length - 1;
    if ((code !== 0) !== mustFail) {
      throw new Error(
        `"${line}" ended with ${code}; the lesson says that it ${mustFail ? 'fails' : 'works'}.\n${captured}`,
      );
    }
  }
}

function write(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function patch(file, diff) {
  const lines = diff.trimEnd().split('\n');
  const side = (sign) => lines.filter((line) => line.startsWith(sign)).map((line) => `${line.slice(1)}\n`);
  const [before, after] = [side('-').join(''), side('+').join('')];
  const old = readFileSync(file, 'utf8');
  if (old.split(before).length !== 2) throw new Error(`${file} does not have these lines once:\n${before}`);
  writeFileSync(
    file,
    old.replace(before, () => after),
  );
}

/** Lines may be longer than the page shows them, and coloured. */
function requireShown(printed, text) {
  for (const line of text.trim().split('\n')) {
    if (!printed.includes(line))
      throw new Error(`this line of the lesson was not printed:\n${line}\nbut this:\n${printed}`);
  }
}
