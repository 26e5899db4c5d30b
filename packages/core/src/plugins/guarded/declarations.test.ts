import { describe, expect, it } from 'vitest';
import { PLUGIN_KINDS, type PluginKind } from '../define.ts';
import { guardDefinition } from '../guard.ts';
import { fakePlugin, fakeSource } from '../plugin.fixture.ts';

/** What a guarded plugin of a kind says of what its `create` gives: a message, or `taken`. */
function saidOf(kind: PluginKind, give: (needed: object) => object): string {
  const needed = fakePlugin(kind, 'a').create({} as never, {}) as object;
  const { create } = guardDefinition(fakePlugin(kind, 'a', { create: () => give(needed) }), fakeSource);
  try {
    (create as (context: object, options: object) => unknown)({}, {});
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
}
const withMembers = (kind: PluginKind, members: object) => saidOf(kind, (needed) => ({ ...needed, ...members }));
const unknown = (kind: PluginKind, rule: string) =>
  `PLUGIN_INVALID: ${kind} "a" of demo@1.2.3: create ${rule} Mend it, or report it to the author of demo.`;
const misspelt = (kind: PluginKind, member: string, meant: string) =>
  unknown(kind, `must give an object without "${member}", which nothing reads; "${meant}" is what is read.`);

describe('a member that nothing reads', () => {
  it.each<[PluginKind, string, string]>([
    ['head', 'extend', 'extends'],
    ['head', 'objective', 'objectives'],
    ['head', 'Memory', 'memory'],
    ['weighting', 'learns', 'learn'],
    ['weighting', 'need', 'needs'],
    ['horizon-schedule', 'acceptanceEvry', 'acceptanceEvery'],
    ['decoder', 'keep', 'keeps'],
    ['acceptance-rule', 'needDrawn', 'needsDrawn'],
    ['draft-policy', 'istimed', 'isTimed'],
    ['draft-policy', 'prepares', 'prepare'],
    ['tokenizer', 'isByte', 'isBytes'],
  ])('of a %s is refused where it is a misspelt one: %s', (kind, member, meant) => {
    expect(withMembers(kind, { [member]: true })).toBe(misspelt(kind, member, meant));
  });

  it('is the plugin’s own affair where it is near none', () => {
    expect(withMembers('head', { note: 'mine', reset: () => {}, scale: 3 })).toBe('taken');
  });

  it('is that too where what it is near is there', () => {
    expect(withMembers('weighting', { learn: () => null, learned: [1] })).toBe('taken');
    expect(withMembers('head', { forwards: 0 })).toBe('taken');
  });

  it('is that too where it begins with _, cannot be listed, or is a field of a class', () => {
    expect(withMembers('head', { _extends: 1 })).toBe('taken');
    const hidden = (needed: object) => Object.defineProperty({ ...needed }, 'extend', { value: true });
    expect(saidOf('head', hidden)).toBe('taken');
    class Own {
      offset = 3;
      forward() {}
      read() {}
    }
    expect(saidOf('head', () => new Own())).toBe('taken');
  });

  it('is refused in an object without a prototype as well', () => {
    const bare = (needed: object) => Object.assign(Object.create(null), needed, { extend: true });
    expect(saidOf('head', bare)).toBe(misspelt('head', 'extend', 'extends'));
  });

  it.each(PLUGIN_KINDS)('is looked for without asking for anything of a %s that is right', (kind) => {
    expect(withMembers(kind, {})).toBe('taken');
  });
});

describe('what a head reads', () => {
  it('has no key that nothing reads', () => {
    const rule =
      'must give an object whose reads is { taps: shares of the depth in (0, 1], 1 first; carry: nearer or further; ahead: true or false }, gave an object with';
    expect(withMembers('head', { reads: { tap: [1] } })).toBe(unknown('head', `${rule} tap.`));
    expect(withMembers('head', { reads: { taps: [1], layers: 3 } })).toBe(unknown('head', `${rule} taps, layers.`));
    expect(withMembers('head', { reads: { taps: [1, 0.5], carry: 'nearer', ahead: true } })).toBe('taken');
  });
});

describe('a horizon schedule', () => {
  it.each([0, -1, 1.5, Number.NaN, '2'])('has acceptance measured every so many steps, not every %j', (every) => {
    const said = withMembers('horizon-schedule', { acceptanceEvery: every });
    expect(said).toContain(
      'PLUGIN_INVALID: horizon-schedule "a" of demo@1.2.3: create must give an object whose acceptanceEvery is a number of steps >= 1, gave ',
    );
    expect(withMembers('horizon-schedule', { acceptanceEvery: 3 })).toBe('taken');
  });
});
