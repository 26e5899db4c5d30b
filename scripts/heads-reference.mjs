// Writes docs/reference/heads.md from what the built heads declare and their READMEs say.
//
//   node scripts/heads-reference.mjs
import { writeFileSync } from 'node:fs';
import bundle from '../packages/heads/dist/built-ins.js';
import { factsOf } from './docs/heads/facts.mjs';
import { render } from './docs/heads/render.mjs';
import { inRoot } from './setup/paths.mjs';

const page = inRoot('docs/reference/heads.md');
writeFileSync(page, render(factsOf(bundle)));
console.log(page);
