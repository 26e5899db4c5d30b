import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import sequential from './sequential.ts';

describeHeadContract(sequential, 'sequential');
describeHeadContract(sequential, 'sequential', { repeat: true });
// With horizon 1 there is no module that could be repeated.
describeHeadContract(sequential, 'sequential', {}, { horizon: 1, actElsewhere: ['repeat'] });
describeReference(sequential, 'sequential');
