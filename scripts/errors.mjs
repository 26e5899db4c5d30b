// Writes docs/reference/errors.md from the built table of error codes.
//
//   node scripts/errors.mjs
import { writeFileSync } from 'node:fs';
import { exitCodeOf } from '../packages/cli/dist/process/exit-code.js';
import { ERROR_CODES } from '../packages/engine/dist/errors.js';
import { renderErrors } from './errors/page.mjs';
import { groupsOf } from './errors/table.mjs';
import { inRoot } from './setup/paths.mjs';

const page = inRoot('docs/reference/errors.md');
writeFileSync(page, renderErrors(groupsOf(), ERROR_CODES, exitCodeOf));
console.log(page);
