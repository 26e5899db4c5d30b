// Rows that outgrow their context. Over a scripted session whose next token depends on everything that its row holds.
import { expect, test } from 'vitest';
import { all, DECODERS, endOf, prompt, request, textOf } from './loop.fixture.ts';
import { chainOf, ScriptedSession } from './scripted-session.fixture.ts';

const CONTEXT = 8;
const sum = (text: readonly number[]) => text.reduce((total, token, index) => (total * 3 + token + index) % 97, 1);
const draft = (text: readonly number[]) => {
  const tokens: number[] = [];
  for (let level = 0; level < 3; level++) tokens.push(sum([...text, ...tokens]));
  // Every third draft is wrong at its second level.
  if (text.length % 3 === 0) tokens[1] = 98;
  // What fits is for the session to say, as a real one does.
  return chainOf(tokens.slice(0, Math.max(0, CONTEXT - text.length - 1)));
};
const session = () => new ScriptedSession({ next: sum, draft, context: CONTEXT });

/** What a model says that is shown its last `window` tokens whenever it has seen `CONTEXT`. */
function expected(prompt: readonly number[], window: number, maxTokens: number): number[] {
  let held = [...prompt];
  const text: number[] = [];
  while (text.length < maxTokens) {
    text.push(sum(held));
    held.push(text.at(-1)!);
    if (held.length === CONTEXT) held = held.slice(-window);
  }
  return text;
}

for (const [name, decoder] of DECODERS) {
  test.each([1, 2, 5, 7])(`${name} goes on with the last %i tokens of a full row`, async (window) => {
    const scripted = session();
    // Of several lengths: they are full at different steps, and the batch is another order each time.
    const texts = [[3, 4, 5, 6], [50], [20, 1]];
    const prompts = texts.map((tokens) => ({ tokens: Int32Array.from(tokens) }));
    const emissions = await all(decoder.generate(scripted, request([], 40, { prompts, window, maxRows: 2 })));
    for (const [index, text] of texts.entries()) {
      expect(textOf(emissions, index)).toEqual(expected(text, window, 40));
      expect(endOf(emissions, index).finished).toBe('length');
    }
    expect(scripted.peak).toBe(2);
    expect(scripted.rows).toEqual([]);
  });

  test(`${name} counts limits and stops over the whole text, not over the window`, async () => {
    const text = expected([3], 2, 40);
    const token = text[23];
    const emissions = await all(
      decoder.generate(session(), request([3], 40, { window: 2, stops: { tokens: [token] } })),
    );
    expect(textOf(emissions, 0)).toEqual(text.slice(0, text.indexOf(token) + 1));
  });

  test(`${name} does not read a row again that ends as it is full`, async () => {
    const scripted = session();
    const emissions = await all(decoder.generate(scripted, request([3], CONTEXT - 1, { window: 2 })));
    expect(endOf(emissions, 0).finished).toBe('length');
    expect(scripted.calls.filter((call) => call === 'join')).toHaveLength(1);
  });

  test(`${name} joins a full row again with the sampling of its prompt`, async () => {
    const scripted = session();
    const joined: unknown[] = [];
    const { join } = scripted;
    scripted.join = (joining) => {
      joined.push(joining.sampling);
      return join.call(scripted, joining);
    };
    const sampling = { temperature: 0.5 };
    await all(decoder.generate(scripted, request([], 20, { prompts: [prompt(3, { sampling })], window: 4 })));
    expect(joined.length).toBeGreaterThan(2);
    expect(new Set(joined)).toEqual(new Set([sampling]));
  });
}
