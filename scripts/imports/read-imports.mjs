const statement = /^[ \t]*(?:import\s*|(?:import|export)\b[^'"`;]*?\bfrom\s*)(['"])([^'"\n]+)\1/gm;
const dynamic = /\bimport\(\s*(['"])([^'"\n]+)\1/g;

/**
 * Every module that a TypeScript source names: imports, re-exports, `import()` and import types, in order.
 *
 * Reads text, not syntax (the compiler in use has no JavaScript interface): statements are those that start a line, which
 * leaves out comments; `import()` counts anywhere but on a comment's line.
 *
 * @returns {{ name: string, line: number }[]}
 */
export function readImports(source) {
  const code = source.replace(/^[ \t]*(?:\*|\/\/|\/\*).*$/gm, '');
  const found = [...code.matchAll(statement), ...code.matchAll(dynamic)];
  return found
    .sort((a, b) => a.index - b.index)
    .map((match) => ({ name: match[2], line: code.slice(0, match.index + match[0].length).split('\n').length }));
}
