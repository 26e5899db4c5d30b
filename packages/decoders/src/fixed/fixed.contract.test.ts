import { describeDraftPolicyContract } from '@foretoken/core/testing';
import fixed from './fixed.ts';

describeDraftPolicyContract(fixed, 'fixed', { levels: 2 });
