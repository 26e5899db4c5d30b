import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { optionsAct } from '../options/option-forms.ts';
import { worksOrRefuses } from '../options/works-or-refuses.ts';
import type { ContractSettings } from '../plugin-case.ts';
import { decodesTokenByToken, refusesUnknownIds } from './decoding.ts';
import { encodesTheSame, keepsToItsOwn } from './repeats.ts';
import { encoded, givesBytesBack, staysInVocabulary, tellsBytes } from './round-trip.ts';
import { SAMPLES } from './sample-bytes.ts';
import { makeGuardedTokenizer, openTokenizerCase, type TokenizerCase } from './tokenizer-case.ts';

/** Everything that a tokenizer makes of the samples. */
function shown(of: TokenizerCase): string {
  const tokenizer = makeGuardedTokenizer(of);
  const tokens = SAMPLES.map((sample) => encoded(tokenizer, sample)?.join());
  return JSON.stringify([tokenizer.vocabulary, tokenizer.isBytes, tokens]);
}

/** The contract of tokenizers. */
export const tokenizerContract: Contract<TokenizerCase, ContractSettings> = {
  kind: 'tokenizer',
  checks: [
    optionsAreChecked,
    worksOrRefuses(shown),
    optionsAct(shown, 'neither vocabulary nor the tokens of any text', 'describeTokenizerContract'),
    staysInVocabulary,
    givesBytesBack,
    tellsBytes,
    decodesTokenByToken,
    refusesUnknownIds,
    encodesTheSame,
    keepsToItsOwn,
  ],
  open: openTokenizerCase,
};
