/**
 * Who may write to disk. Everything that is to be kept goes through `packages/core/src/files`: written whole, synced,
 * errors by code. These alone do it themselves, each for a reason.
 */
export const writers = [
  { place: /^packages\/core\/src\/files\//, why: 'the module that all others write through' },
  { place: /^packages\/core\/src\/testing\//, why: 'temporary folders of contract suites, removed as they end' },
  {
    place: /^packages\/core\/src\/plugins\/import-(?:module|stopper)\.ts$/,
    why: 'a line on stderr from a process that is about to end, which no stream would get out any more',
  },
  {
    place: /^packages\/ablation\/src\/workers\/(?:last-words|watchdog-thread)\.ts$/,
    why: 'heartbeats into a pipe while the main thread may hang: no file',
  },
  { place: /^packages\/plugin-check\/src\/child\/beat-thread\.ts$/, why: 'heartbeats into a pipe: no file' },
  {
    place: /^packages\/plugin-check\/src\/subject\/stage\.ts$/,
    why: 'the temporary folder that a package is checked in, links included, removed when the check ends',
  },
  {
    place: /^packages\/engine\/src\/engines\/tensorflow\/link\/compile\.ts$/,
    why: 'a compiler writes that file, and engine stands below core; what is lost is compiled again',
  },
  {
    place: /^packages\/create-plugin\/src\/write-folder\.ts$/,
    why: 'runs from npm before the framework is installed, so it depends on nothing; it has a disk of its own that tests let fail',
  },
  {
    place: /^packages\/ablation\/src\/upgrade\/upgrade-lock\.ts$/,
    why: 'the folder of a lock goes only if it is empty, which removePath does not ask; what comes back is of no harm',
  },
];

/** Of node:fs and node:fs/promises; with or without Sync. */
const WRITING =
  /^(?:append|copy|cp|create(?:WriteStream)|fchmod|chmod|chown|fchown|lchown|fsync|fdatasync|ftruncate|futimes|utimes|lutimes|link|symlink|mkdir|mkdtemp|rename|rm|rmdir|truncate|unlink|write|writev)(?:File)?(?:Sync|Disposable|DisposableSync)?$/;

/** May read as well as write: what it does stands in its second argument. */
const OPENING = /^open(?:Sync)?$/;
const READ_ONLY = /^(?:'r'|"r"|TO_READ|constants\.O_RDONLY)$/;

const FS = /^(?:node:)?fs(?:\/promises)?$/;
const named = /^[ \t]*import\s+(type\s+)?\{([^}]*)\}\s*from\s*(['"])([^'"\n]+)\3/gm;
const whole =
  /^[ \t]*(?:import|export)\s+(?!type\b)(?:[\w$]+\s*,\s*)?(?:\*(?:\s+as\s+[\w$]+)?|[\w$]+)\s+from\s*(['"])([^'"\n]+)\1/gm;
const dynamic = /(?:\{([^}]*)\}\s*=\s*(?:await\s+)?)?(?:\bimport|\brequire|\bgetBuiltinModule)\(\s*(['"])([^'"\n]+)\2/g;

/**
 * Where a source writes to disk past the module for it. Reads text, as `readImports` does.
 *
 * @param file - its path from the root of the workspace
 * @returns {{ line: number, problem: string }[]}
 */
export function writingProblems(file, source) {
  if (isNoSource(file) || writers.some(({ place }) => place.test(file))) return [];
  const code = source.replace(/^[ \t]*(?:\*|\/\/|\/\*).*$/gm, '');
  return [...namedProblems(code), ...wholeProblems(code), ...dynamicProblems(code)]
    .map(({ index, problem }) => ({ line: code.slice(0, index).split('\n').length, problem }))
    .sort((a, b) => a.line - b.line);
}

const isNoSource = (file) => /\.(?:test|fixture|bench)\.[mc]?[jt]sx?$|\.d\.[mc]?ts$/.test(file);

function namedProblems(code) {
  return [...code.matchAll(named)]
    .filter(([, type, , , module]) => !type && FS.test(module))
    .flatMap((match) => wrongNames(code, match[2]).map((problem) => ({ index: match.index, problem })));
}

/** What is wrong with the names that are taken from node:fs. */
function wrongNames(code, names) {
  return names.split(',').flatMap((entry) => {
    const [name, local = name] = entry
      .trim()
      .split(/\s+as\s+|\s*:\s*/)
      .map((part) => part.trim());
    if (WRITING.test(name)) return [`"${name}" ${ELSEWHERE}`];
    if (name === 'promises' || name === 'default') return [`"${name}" of node:fs hides what is called; ${BY_NAME}`];
    if (!OPENING.test(name)) return [];
    return openings(code, local)
      .filter((flags) => !READ_ONLY.test(flags))
      .map((flags) => `${name}(…, ${flags}) ${ELSEWHERE}`);
  });
}

/** The flags of every call, as they stand there. */
const openings = (code, local) =>
  [...code.matchAll(new RegExp(`(?<![.\\w$])${local}\\(([^()]*(?:\\([^()]*\\)[^()]*)*)\\)`, 'g'))].map(
    ([, given]) => splitArguments(given)[1] ?? "'r'",
  );

const splitArguments = (given) =>
  given
    .split(/,(?![^(]*\))/)
    .map((each) => each.trim())
    .filter((each) => each !== '');

function wholeProblems(code) {
  return [...code.matchAll(whole)]
    .filter((match) => FS.test(match[2]))
    .map((match) => ({ index: match.index, problem: `all of "${match[2]}" hides what is called; ${BY_NAME}` }));
}

function dynamicProblems(code) {
  return [...code.matchAll(dynamic)]
    .filter((match) => FS.test(match[3]) || (/^getBuiltin/.test(match[0]) && FS.test(match[3])))
    .flatMap((match) => {
      const problems = match[1]
        ? wrongNames(code, match[1])
        : [`all of "${match[3]}" hides what is called; ${BY_NAME}`];
      return problems.map((problem) => ({ index: match.index, problem }));
    });
}

const ELSEWHERE =
  'writes to disk; use writeFileAtomic, AppendOnlyFile, makeFolder or removePath of packages/core/src/files, or say in scripts/imports/writing.mjs why not.';
const BY_NAME = 'import its functions by name.';
