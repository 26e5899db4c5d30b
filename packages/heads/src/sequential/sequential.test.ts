import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import sequential from './sequential.ts';

describeHeadContract(sequential, 'sequential');
describeHeadContract(sequential, 'sequential', { repeat: true });
describeHeadContract(sequential, 'sequential', {}, { horizon: 1 });
describeReference(sequential, 'sequential');
