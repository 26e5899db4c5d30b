import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import hydra from './hydra.ts';

describeHeadContract(hydra, 'hydra');
describeHeadContract(hydra, 'hydra', { layers: 2, norm: false });
describeHeadContract(hydra, 'hydra', {}, { horizon: 1 });
describeReference(hydra, 'hydra');
