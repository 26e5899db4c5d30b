import path from 'node:path';
import { publishable, readManifest } from '../pack/pack-packages.mjs';
import { typescript } from './extract.mjs';

const HEAD = `# What each entry exports

Every name that an entry of a published package exports: written by \`npm run api\`, not by hand. \`@foretoken/core/plugin\`, which
plugins are written against, is checked by signature, too: [plugin.api.md](plugin.api.md). The others are for hosts and tests; a
name that goes is a breaking change of the packages ([versions](../../guide/versions.md)).
`;

/**
 * The page docs/reference/api/exports.md, from the built declarations.
 *
 * @param errorCodes - every code of the one table
 */
export function renderExports(errorCodes) {
  const entries = publishable().flatMap(entriesOf);
  const ts = typescript();
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, noCheck: true, types: [] },
  );
  const sections = entries.map(({ name, file }) => section(name, exportsOf(ts, program, file)));
  return [HEAD, ...sections, `## Error codes\n\n${block([...errorCodes].sort())}`].join('\n');
}

/** Entries with types, in the order of the manifest. */
function entriesOf(folder) {
  const { name, exports = {} } = readManifest(folder);
  return Object.entries(exports)
    .filter(([, to]) => to.types !== undefined)
    .map(([entry, to]) => ({ name: path.posix.join(name, entry), file: path.join(folder, to.types) }));
}

function exportsOf(ts, program, file) {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  // An entry that imports and exports nothing has no symbol of its own.
  const symbols = module === undefined ? [] : checker.getExportsOfModule(module);
  const values = symbols.filter((symbol) => isValue(ts, checker, symbol));
  return {
    values: values.map(({ name }) => name),
    types: symbols.filter((symbol) => !values.includes(symbol)).map(({ name }) => name),
  };
}

function isValue(ts, checker, symbol) {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const isTypeOnly = symbol.declarations?.some((at) => ts.isTypeOnlyImportOrExportDeclaration(at)) ?? false;
  if (isTypeOnly) return false;
  const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  return (target.flags & ts.SymbolFlags.Value) !== 0;
}

function section(name, { values, types }) {
  return `## ${path.posix.normalize(name)}\n\n${block([
    ...[...values].sort().map((value) => `value ${value}`),
    ...[...types].sort().map((type) => `type  ${type}`),
  ])}`;
}

/** One name a line: a change shows as the names that it concerns. */
const block = (lines) => (lines.length > 0 ? `\`\`\`text\n${lines.join('\n')}\n\`\`\`\n` : 'Nothing.\n');
