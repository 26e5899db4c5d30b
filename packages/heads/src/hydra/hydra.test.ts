import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import hydra from './hydra.ts';

describeHeadContract(hydra, 'hydra');
describeHeadContract(hydra, 'hydra', { layers: 2, norm: false });
// With horizon 1 there is no further offset for an option to act on.
describeHeadContract(hydra, 'hydra', {}, { horizon: 1, actElsewhere: ['layers', 'norm'] });
describeReference(hydra, 'hydra');
