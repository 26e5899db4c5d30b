import { inWorld, WORLDS } from '../chance-and-time.ts';
import { broken } from '../contract.ts';
import { encoded, isEqual } from './round-trip.ts';
import { preview, SAMPLES, VALID } from './sample-bytes.ts';
import { makeTokenizer, type TokenizerCase, type TokenizerCheck } from './tokenizer-case.ts';

/** Prepared tokens are kept and shared by runs: the same text must have the same tokens on any day, in any process. */
export const encodesTheSame: TokenizerCheck = {
  title: 'encodes a text alike at every call, whatever came before, in every object that `create` makes',
  async run(of) {
    const shared = makeTokenizer(of);
    const first = await inWorld(WORLDS[0], () => allTokens(makeTokenizer(of)));
    const runs = [
      await inWorld(WORLDS[1], () => allTokens(shared)),
      allTokens(shared),
      allTokens(shared, SAMPLES.toReversed()),
    ];
    for (const { name } of SAMPLES) {
      const want = first.get(name);
      for (const run of runs) {
        const got = run.get(name);
        if (got === want || (got && want && isEqual(got, want))) continue;
        throw broken(
          of,
          `${name} is ${got ? preview(got) : 'refused'} at one call and ${want ? preview(want) : 'refused'} at another. Go by ` +
            'the bytes alone: keep nothing between calls that changes what comes next, and use neither chance nor clock.',
        );
      }
    }
  },
};

function allTokens(
  tokenizer: ReturnType<typeof makeTokenizer>,
  samples = SAMPLES,
): Map<string, Int32Array | undefined> {
  return new Map(samples.map((sample) => [sample.name, encoded(tokenizer, sample)?.slice()]));
}

/** Documents are views of what a dataset read; prompts are lists, or views of a file of tokens. */
export const keepsToItsOwn: TokenizerCheck = {
  title:
    'leaves what it is given as it was, takes a view of bytes and any list of ids, and gives memory that is the caller’s',
  run(of) {
    for (const { name, bytes } of VALID) checkInput(of, name, bytes);
    checkOutput(of);
  },
};

function checkInput(of: TokenizerCase, name: string, bytes: Uint8Array): void {
  const tokenizer = makeTokenizer(of);
  const given = Uint8Array.from(bytes);
  const tokens = tokenizer.encode(given);
  if (!isEqual(given, bytes)) throw broken(of, `\`encode\` wrote into the bytes of ${name}. Work on a copy.`);
  const around = Uint8Array.from([0x78, 0x78, ...bytes, 0x78]);
  const fromView = tokenizer.encode(around.subarray(2, 2 + bytes.length));
  if (!isEqual(fromView, tokens)) {
    const mend = 'Mind `byteOffset` and `length`: hand on the view, not its `buffer`.';
    throw broken(of, `${name} has other tokens, ${preview(fromView)}, as a view of a longer array. ${mend}`);
  }
  const ids = Int32Array.from(tokens);
  for (const list of [ids, [...ids], Uint32Array.from(ids)]) {
    if (!isEqual(tokenizer.decode(list), bytes)) {
      const mend = '`decode` takes any `ArrayLike<number>`.';
      throw broken(of, `the tokens of ${name} decode to something else as ${list.constructor.name}. ${mend}`);
    }
  }
  if (!isEqual(ids, tokens)) throw broken(of, `\`decode\` wrote into the ids of ${name}. Work on a copy.`);
}

function checkOutput(of: TokenizerCase): void {
  const tokenizer = makeTokenizer(of);
  const [one, two] = VALID.filter(({ bytes }) => bytes.length > 40);
  const bytes = Uint8Array.from(one.bytes);
  const tokens = tokenizer.encode(bytes);
  const text = tokenizer.decode(tokens);
  const before = { tokens: tokens.slice(), text: text.slice() };
  tokenizer.decode(tokenizer.encode(two.bytes));
  bytes.fill(0x78);
  const isKept = isEqual(tokens, before.tokens) && isEqual(text, before.text);
  tokens.fill(0);
  text.fill(0);
  const again = tokenizer.encode(one.bytes);
  if (isKept && isEqual(again, before.tokens) && isEqual(tokenizer.decode(again), one.bytes)) return;
  throw broken(
    of,
    'what it gave changed with the next call or with its input, or a caller who wrote into it changed what it gives later. ' +
      'Give new memory at every call.',
  );
}
