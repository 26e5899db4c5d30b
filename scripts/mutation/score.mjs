import { readFileSync, rmSync } from 'node:fs';
import { runNode, StepFailed, toolEnvironment } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { LOWEST_SCORE } from './modules.mjs';

const NOTICED = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

/**
 * Mutates a module under Stryker.
 *
 * @param options.files - those of its files that are changed; default: all
 * @param options.isChangedOnly - what an earlier run with this option has told about is believed where its code is unchanged
 * @returns the percentage of mutants that tests noticed, whether that is enough, and the mutants that none did
 */
export async function mutationScore(name, { files = [], isChangedOnly = false } = {}) {
  const report = inRoot(`.foretoken/mutation/${name}.json`);
  rmSync(report, { force: true });
  const env = toolEnvironment({
    FORETOKEN_MUTATION: name,
    ...(files.length > 0 && { FORETOKEN_MUTATION_FILES: files.join() }),
    ...(isChangedOnly && { FORETOKEN_MUTATION_CHANGED: '1' }),
  });
  const stryker = inRoot('node_modules/@stryker-mutator/core/bin/stryker.js');
  await runNode(stryker, ['run', inRoot('scripts/mutation/stryker.config.mjs')], { env });
  return readReport(name, report);
}

function readReport(name, report) {
  let text;
  try {
    text = readFileSync(report, 'utf8');
  } catch {
    throw new StepFailed(`Stryker ended before it had mutated ${name}.`, 'read what it says above, and run it again.');
  }
  const mutants = Object.entries(JSON.parse(text).files).flatMap(([file, { source, mutants: own }]) =>
    own.map((mutant) => ({ ...mutant, file, was: cut(source, mutant.location) })),
  );
  const count = (statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [noticed, missed] = [count(NOTICED), count(MISSED)];
  const score = (100 * noticed) / (noticed + missed);
  return { score, isEnough: score >= LOWEST_SCORE, survivors: mutants.filter(({ status }) => MISSED.includes(status)) };
}

/** The text between two places of a source, on one line. */
function cut(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.map((line) => line.trim()).join(' ');
}

/** What nobody noticed, a line each, and the score. */
export function saidSurvivors(name, { score, survivors }) {
  const lines = survivors.map(
    ({ file, location, was, replacement, mutatorName }) =>
      `${file}:${location.start.line}:${location.start.column} ${was} -> ${replacement ?? mutatorName}`,
  );
  return [...lines, `${name}: ${score.toFixed(1)} %, ${survivors.length} not noticed`].join('\n');
}
