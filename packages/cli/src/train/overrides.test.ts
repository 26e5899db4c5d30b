import { describe, expect, it } from 'vitest';
import { parseOverride } from './overrides.ts';

describe('parseOverride', () => {
  it('reads JSON where it is JSON, else text', () => {
    expect(parseOverride('training.steps=200')).toEqual({ path: 'training.steps', value: 200 });
    expect(parseOverride('model.head=low-rank')).toEqual({ path: 'model.head', value: 'low-rank' });
    expect(parseOverride('model.head={"name":"linear"}')).toEqual({ path: 'model.head', value: { name: 'linear' } });
    expect(parseOverride('model.head={ name: linear, residual: true }')).toEqual({
      path: 'model.head',
      value: { name: 'linear', residual: true },
    });
    expect(parseOverride('seeds=[0, 1]')).toEqual({ path: 'seeds', value: [0, 1] });
    expect(parseOverride('name={a')).toEqual({ path: 'name', value: '{a' });
    expect(parseOverride('name=a=b')).toEqual({ path: 'name', value: 'a=b' });
    expect(parseOverride('name=')).toEqual({ path: 'name', value: '' });
  });

  it.each(['training.steps', '=3', ''])('refuses %j and says how it is written', (text) => {
    expect(() => parseOverride(text)).toThrow(/USAGE: --set .*path=value/);
  });
});
