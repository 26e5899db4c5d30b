// Runs the measurements of all sections in turns, and reads the figures off them.
import { median } from '../../packages/cli/dist/bench/median.js';
import { CommandFailed } from './command.mjs';
import { parametersOf } from './sections.mjs';

/** Two sides that are not one model: nothing about them can be compared. */
export class ParametersDiffer extends Error {
  constructor(model, counts) {
    const said = counts.map(([command, count]) => `\n  ${count.toLocaleString('en-US')}: ${command}`).join('');
    super(`the parameter counts of the ${model} model disagree, so no ratio would mean anything:${said}`);
    this.name = 'ParametersDiffer';
  }
}

/** Refuses results that belong to one model and name different numbers of parameters. */
export class ParameterCheck {
  #known = new Map();

  /** @throws ParametersDiffer */
  add({ side, model, args }, result) {
    const count = parametersOf(result);
    if (count === undefined) return;
    const command = `${side} ${args.join(' ')}`;
    const known = this.#known.get(model) ?? [command, count];
    if (known[1] !== count) throw new ParametersDiffer(model, [known, [command, count]]);
    this.#known.set(model, known);
  }
}

const keyOf = ({ side, args }) => [side, ...args].join(' ');

/**
 * Every measurement once a round, in the order of the sections and backwards in every other round, so that a clock that
 * drifts helps neither side. One that failed is not run again; sections that need it have no figures.
 *
 * @param run - from a measurement to its result; rejects with CommandFailed
 * @param tell - called after each with what came of it
 * @returns `{ results, failures }`: per section, results by name for each whole round; what failed, once each
 * @throws ParametersDiffer as soon as two results show it
 */
export async function runRounds(sections, { pairs, run, check, tell }) {
  const rounds = [];
  const failures = new Map();
  for (let round = 0; round < pairs; round++) {
    const wanted = inTurn(sections, round).filter((measurement) => !failures.has(keyOf(measurement)));
    const results = new Map();
    for (const [i, measurement] of wanted.entries()) {
      const done = { round, place: i, count: wanted.length, measurement };
      try {
        const result = await run(measurement);
        check.add(measurement, result);
        results.set(keyOf(measurement), result);
        tell({ ...done, result });
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        failures.set(keyOf(measurement), error);
        tell({ ...done, error });
      }
    }
    rounds.push(results);
  }
  return { results: bySection(sections, rounds), failures: [...failures.values()] };
}

/** Measurements of a round, each once though several sections may want it. */
function inTurn(sections, round) {
  const wanted = new Map();
  for (const { measurements, pairs = Infinity } of Object.values(sections)) {
    if (round >= pairs) continue;
    for (const measurement of Object.values(measurements)) wanted.set(keyOf(measurement), measurement);
  }
  const inOrder = [...wanted.values()];
  return round % 2 === 0 ? inOrder : inOrder.reverse();
}

function bySection(sections, rounds) {
  const whole = (measurements) =>
    rounds
      .map((results) => Object.entries(measurements).map(([name, one]) => [name, results.get(keyOf(one))]))
      .filter((entries) => entries.every(([, result]) => result !== undefined))
      .map(Object.fromEntries);
  return Object.fromEntries(Object.entries(sections).map(([name, { measurements }]) => [name, whole(measurements)]));
}

/**
 * The figures of every section that has any: the median over rounds of each ratio, beside the medians of its two sides.
 */
export function figuresOf(sections, results) {
  return Object.entries(sections).flatMap(([section, { rows }]) =>
    results[section].length === 0 ? [] : rows.map((row) => figureOf(section, row, results[section])),
  );
}

function figureOf(section, { name, unit, against, target, of }, rounds) {
  const sides = rounds.map(of);
  const ratios = sides.map(([above, below]) => above / below);
  const ratio = median(ratios);
  return {
    section,
    name,
    unit,
    against,
    above: median(sides.map(([above]) => above)),
    below: median(sides.map(([, below]) => below)),
    ratio,
    ratios,
    target,
    isMet: ratio >= (target.atLeast ?? -Infinity) && ratio <= (target.atMost ?? Infinity),
  };
}
