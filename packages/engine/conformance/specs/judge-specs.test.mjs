import { describe, expect, test } from 'vitest';
import { countByKernel, countMissing, countVerdicts, judgeSpecs } from './judge-specs.mjs';

const spec = (name, status, kernels = [], missing = []) => ({ name, status, kernels, missing, message: '' });
const verdicts = ({ specs }) => specs.map(({ verdict }) => verdict);

describe('what becomes of a spec', () => {
  test('a spec that asked for a missing kernel is not applicable, even if it passed', () => {
    const judged = judgeSpecs([spec('a', 'failed', ['Fft'], ['Fft']), spec('b', 'passed', ['Fft'], ['Fft'])], []);
    expect(verdicts(judged)).toEqual(['missing', 'missing']);
    expect(judged.specs[0].reason).toBe('missing kernel Fft');
    expect(countMissing(judged.specs)).toEqual({ Fft: 2 });
  });

  test('a failure that is listed is a known difference with its reason, any other a failure', () => {
    const judged = judgeSpecs([spec('a', 'failed'), spec('b', 'failed')], [{ reason: 'no strings', specs: ['b'] }]);
    expect(verdicts(judged)).toEqual(['failed', 'known']);
    expect(judged.specs[1].reason).toBe('no strings');
    expect(judged.stale).toEqual([]);
  });

  test('a listed spec that passes is stale when all specs ran, and only then', () => {
    const known = [{ reason: 'no strings', specs: ['a'] }];
    expect(judgeSpecs([spec('a', 'passed')], known).stale).toEqual(['a']);
    expect(judgeSpecs([spec('a', 'passed')], known, false).stale).toEqual([]);
  });

  test('the second spec of one name has a name of its own', () => {
    const judged = judgeSpecs([spec('a', 'failed'), spec('a', 'failed')], [{ reason: 'why', specs: ['a (2)'] }]);
    expect(verdicts(judged)).toEqual(['failed', 'known']);
  });

  test('a spec counts once in all and once for each kernel that it asked for', () => {
    const { specs } = judgeSpecs([spec('a', 'passed', ['Sum', 'Add']), spec('b', 'pending', ['Add'])], []);
    expect(countVerdicts(specs)).toEqual({ passed: 1, failed: 0, known: 0, missing: 0, skipped: 1 });
    const byKernel = countByKernel(specs);
    expect(Object.keys(byKernel)).toEqual(['Add', 'Sum']);
    expect(byKernel.Add).toMatchObject({ passed: 1, skipped: 1 });
  });
});
