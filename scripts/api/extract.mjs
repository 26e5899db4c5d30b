import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inRoot } from '../setup/paths.mjs';

const require = createRequire(import.meta.url);

/** TypeScript with an API of JavaScript: the one that api-extractor brings. */
export const typescript = () => createRequire(require.resolve('@microsoft/api-extractor'))('typescript');

/**
 * Types that signatures name and that stay unexported: the table of error codes, whose texts are nobody's contract.
 * `exports.md` lists the codes.
 */
const UNEXPORTED = ['"ERROR_CODES"'];

/**
 * Reads the built declarations of `@foretoken/core/plugin`, those of the engine with them.
 *
 * @returns the API report; the model of every exported item, all in the order of their declaration; and what is wrong:
 * items without a sentence, links to nothing, types that a signature names and nobody can import
 */
export function extractPluginApi() {
  mkdirSync(inRoot('.foretoken'), { recursive: true });
  const folder = mkdtempSync(inRoot('.foretoken/api-'));
  try {
    return extractInto(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function extractInto(folder) {
  const { Extractor, ExtractorConfig } = require('@microsoft/api-extractor');
  const problems = [];
  const config = ExtractorConfig.prepare(options(folder));
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      if (isProblem(message)) problems.push(described(message));
    },
  });
  const read = (name) => readFileSync(path.join(folder, name), 'utf8');
  const [{ members }] = JSON.parse(read('plugin.api.json')).members;
  return { report: read('plugin.api.md'), items: asDeclared(members), problems: problems.sort() };
}

function options(folder) {
  const core = inRoot('packages/core');
  const entry = path.join(core, 'dist/plugin.d.ts');
  const level = (logLevel) => ({ logLevel });
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
  };
  return {
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(core, 'package.json'),
    configObject: {
      projectFolder: core,
      mainEntryPointFilePath: entry,
      bundledPackages: ['@foretoken/engine'],
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
      apiReport: { enabled: true, reportFolder: folder, reportTempFolder: folder, reportFileName: 'plugin.api.md' },
      docModel: { enabled: true, apiJsonFilePath: path.join(folder, 'plugin.api.json') },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: level('error') },
        extractorMessageReporting: { default: level('warning') },
        tsdocMessageReporting: { default: level('none') },
      },
    },
  };
}

/** Progress is none, nor is a missing `@public`: all of it is. */
function isProblem({ messageId, category, text }) {
  if (category === 'console' || category === 'TSDoc' || messageId === 'ae-missing-release-tag') return false;
  return !(messageId === 'ae-forgotten-export' && UNEXPORTED.some((name) => text.includes(name)));
}

const described = ({ text, sourceFilePath, sourceFileLine }) =>
  `${text} (${sourceFilePath === undefined ? 'no place' : path.relative(inRoot(), sourceFilePath)}:${sourceFileLine ?? '?'})`;

/** Items and their members, which the model sorts by name, in the order of their declaration: what matters comes first. */
function asDeclared(items) {
  const files = [...new Set(items.map(({ fileUrlPath }) => fileUrlPath))];
  const declared = new Map(files.flatMap((file) => declarations(inRoot('packages/core', file))));
  const places = [...declared.keys()];
  return inOrder(items, places).map((item) => ({ ...item, members: inOrder(item.members, declared.get(item.name)) }));
}

/** Names that a file declares, each with those of its members. */
function declarations(file) {
  const ts = typescript();
  const { statements } = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023);
  const named = statements.flatMap((at) => at.declarationList?.declarations ?? at).filter(({ name }) => name);
  return named.map(({ name, members = [] }) => [name.text, [...members].map((member) => member.name?.text)]);
}

function inOrder(items = [], names = []) {
  const place = ({ name }) => names.indexOf(name?.replaceAll('"', ''));
  return [...items].sort((a, b) => place(a) - place(b));
}
