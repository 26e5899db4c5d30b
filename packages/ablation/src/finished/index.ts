// What it takes to show an ablation that is finished. Nothing here loads plugins, schemas or the tensor library.

export { verdictRows } from '../report/verdict.ts';
export { verdictSentences } from '../report/verdict-sentence.ts';
export { verdictColumns } from '../report/verdict-table.ts';
export { differenceWords } from '../report/verdict-words.ts';
export { type FinishedAblation, readFinished, type SealedPlan, sealFinished } from './seal.ts';
