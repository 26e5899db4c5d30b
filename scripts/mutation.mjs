// `npm run mutation [-- MODULE or FILE ...]`: changes the code of each module in small ways, one at a time, and tells which
// of the changes no test notices. With `--changed` again and again, only what is new since the run before is tried.
// Last line: the score of each module. Exit code 1 where one is below the lowest that is allowed.
import { MODULES } from './mutation/modules.mjs';
import { mutationScore, saidSurvivors } from './mutation/score.mjs';
import { StepFailed } from './setup/command.mjs';
import { runEntry } from './setup/entry.mjs';
import { prepare } from './setup/prepare.mjs';

await runEntry(async () => {
  const given = process.argv.slice(2);
  const files = given.filter((arg) => arg.includes('/'));
  const names = given.filter((arg) => !arg.includes('/') && !arg.startsWith('--'));
  const unknown = names.filter((name) => !Object.hasOwn(MODULES, name));
  if (unknown.length > 0 || (files.length > 0 && names.length !== 1)) {
    const problem = unknown.length > 0 ? `There is no module ${unknown.join(' or ')}.` : 'Files belong to one module.';
    throw new StepFailed(problem, `name some of ${Object.keys(MODULES).join(', ')}; and of one of them, files.`, 2);
  }
  await prepare();
  const scores = [];
  for (const name of names.length > 0 ? names : Object.keys(MODULES)) {
    const found = await mutationScore(name, { files, isChangedOnly: given.includes('--changed') });
    console.log(saidSurvivors(name, found));
    scores.push({ name, ...found });
  }
  console.log(scores.map(({ name, score }) => `${name} ${score.toFixed(1)}`).join(', '));
  return scores.every(({ isEnough }) => isEnough) ? 0 : 1;
});
