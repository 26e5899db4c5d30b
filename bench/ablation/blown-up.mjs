// Makes large folders of small ones: what reading them takes does not depend on how they came to be.
import { cp, link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Lines of a metrics file of a real run. */
const STEPS = 2000;

const readJson = async (file) => JSON.parse(await readFile(file, 'utf8'));
const writeJson = (file, value) => writeFile(file, JSON.stringify(value));

/**
 * A copy of an ablation with every arm so many times over, under names and with bits of their own.
 * @param from - folder of a finished ablation
 */
export async function manyCells(from, to, copies) {
  await cp(from, to, { recursive: true, filter: (file) => !file.includes('checkpoints') });
  const [plan, results] = await Promise.all(
    ['ablation.json', 'results.json'].map((name) => readJson(path.join(to, name))),
  );
  for (const key of await readdir(path.join(to, 'trainings'))) {
    if (!key.startsWith('.')) await lengthen(path.join(to, 'trainings', key, 'metrics.jsonl'));
  }
  const named = Array.from({ length: copies }, (_, i) =>
    results.arms.map((of) => ({ of, i, name: `${of.name}, copy ${i}` })),
  ).flat();
  const cells = named.flatMap(({ of, i, name }) =>
    plan.cells.filter(({ arm }) => arm === of.name).map((cell) => ({ ...cell, arm: name, id: `${cell.id}${i}` })),
  );
  const arms = named.map(({ of, i, name }) => ({ ...moved(of, i / 1000), name }));
  await writeJson(path.join(to, 'ablation.json'), { ...plan, arms: named.map(({ name }) => name), cells });
  await writeJson(path.join(to, 'results.json'), { ...results, arms });
}

async function lengthen(file) {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const last = JSON.parse(lines.at(-1));
  for (let step = lines.length + 1; step <= STEPS; step++) lines.push(JSON.stringify({ ...last, step }));
  await writeFile(file, `${lines.join('\n')}\n`);
}

/** The same arm with other bits, in every seed and in the mean. */
function moved(arm, by) {
  const part = (results) => {
    const bits = results['bits-per-byte'];
    return { ...results, 'bits-per-byte': { ...bits, perOffset: bits.perOffset.map((value) => value + by) } };
  };
  const cells = arm.cells.map((cell) => ({ ...cell, results: part(cell.results) }));
  return { ...arm, cells, results: part(arm.results) };
}

/**
 * So many run folders with the files of an ablation's first training; all share its last checkpoint.
 * @param from - folder of a finished ablation
 */
export async function manyRuns(from, to, count) {
  const [key] = (await readdir(path.join(from, 'trainings'))).filter((name) => !name.startsWith('.'));
  const run = path.join(from, 'trainings', key);
  const files = (await readdir(run, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  const checkpoints = await readdir(path.join(run, 'checkpoints'));
  for (let i = 0; i < count; i++) {
    const folder = path.join(to, `run-${i}`);
    await mkdir(path.join(folder, 'checkpoints'), { recursive: true });
    for (const name of files) await cp(path.join(run, name), path.join(folder, name));
    for (const name of checkpoints)
      await link(path.join(run, 'checkpoints', name), path.join(folder, 'checkpoints', name));
  }
}
