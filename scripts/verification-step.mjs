// `node scripts/verification-step.mjs`: draws the picture of docs/guide/decoding.md anew.
import { writeFileSync } from 'node:fs';
import { verificationStep } from './docs/verification-step/draw.mjs';
import { inRoot } from './setup/paths.mjs';

writeFileSync(inRoot('docs/images/verification-step.svg'), verificationStep());
