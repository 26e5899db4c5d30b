import path from 'node:path';
import type { Choices } from './choices.ts';
import type { Files } from './files.ts';
import { KINDS } from './kinds.ts';

/** The commands that come next, each with what it does. */
const nextCommands = ({ folder }: Choices, cwd: string): readonly (readonly [string, string])[] => [
  ...(folder === cwd ? [] : [[`cd ${quoted(nearest(folder, cwd))}`, 'the new package'] as const]),
  ['npm install', 'Foretoken and the tools; compiles the native engine'],
  ['npm test', 'the contract: what every plugin of its kind must keep'],
  ['npm run ablate', 'trains it beside the built-in ones, and writes a report'],
];

/** What was written, on one line of JSON. */
export function jsonReport(choices: Choices, files: Files, cwd: string): string {
  const { kind, name, packageName, folder } = choices;
  const next = nextCommands(choices, cwd).map(([command]) => command);
  return JSON.stringify({ kind, name, package: packageName, folder, files: [...files.keys()].sort(), next });
}

/** What was written and what to do next, for a person. */
export function textReport(choices: Choices, files: Files, cwd: string): string {
  const { kind, name, packageName, folder } = choices;
  const commands = nextCommands(choices, cwd);
  const width = Math.max(...commands.map(([command]) => command.length));
  return [
    `${packageName}: ${files.size} files in ${folder}`,
    `It provides the ${kind} "${name}", which ${KINDS[kind].what}: src/${name}.ts, a working example to make your own.`,
    '',
    'Next:',
    ...commands.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`),
    '',
    'Then open runs/ablation/report.html. README.md says how the rest goes, up to publishing it.',
    '',
  ].join('\n');
}

/** A path as a shell takes it. */
const quoted = (folder: string): string =>
  /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`;

const nearest = (folder: string, cwd: string): string => {
  const relative = path.relative(cwd, folder);
  return relative.startsWith('..') ? folder : relative;
};
