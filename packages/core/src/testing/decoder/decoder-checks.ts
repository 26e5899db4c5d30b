import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { optionsAct } from '../options/option-forms.ts';
import { worksOrRefuses } from '../options/works-or-refuses.ts';
import { accountsForItsForwards, drawsWhereNeeded, repeatsItself, saysWhatItDoes, shownBy } from './accounts.ts';
import { createDecoder, type DecoderCase, type DecoderContractSettings, openDecoderCase } from './decoder-case.ts';
import { keepsDistribution } from './distribution.ts';
import { asksTheRule, tellsThePolicy } from './policy-calls.ts';
import {
  endsWhereAsked,
  givesLogProbabilities,
  givesPlainTexts,
  goesOnInAWindow,
  keepsRowsApart,
  stopsWhereAsked,
} from './texts.ts';
import {
  endsOnePromptAlone,
  endsOnRequest,
  leavesTheSessionEmpty,
  refusesBadRequests,
  takesArrivals,
} from './ways-out.ts';

const shown = (of: DecoderCase): Promise<string> => shownBy(createDecoder(of));

/** The check that every option of a decoder changes something. */
export const decoderOptionsAct = optionsAct(
  shown,
  'neither what the decoder emits in a few generations nor the forwards that it takes',
  'describeDecoderContract',
);

/** The check that a decoder decodes, or says what is wrong with its options. */
export const decoderWorksOrRefuses = worksOrRefuses(shown);

/** The decoder contract. */
export const decoderContract: Contract<DecoderCase, DecoderContractSettings> = {
  kind: 'decoder',
  checks: [
    optionsAreChecked,
    decoderWorksOrRefuses,
    saysWhatItDoes,
    accountsForItsForwards,
    endsWhereAsked,
    stopsWhereAsked,
    goesOnInAWindow,
    repeatsItself,
    keepsRowsApart,
    givesLogProbabilities,
    refusesBadRequests,
    leavesTheSessionEmpty,
    endsOnRequest,
    endsOnePromptAlone,
    takesArrivals,
    tellsThePolicy,
    asksTheRule,
    drawsWhereNeeded,
    givesPlainTexts,
    keepsDistribution,
    decoderOptionsAct,
  ],
  open: openDecoderCase,
};
