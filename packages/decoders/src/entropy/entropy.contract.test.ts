import { describeDraftPolicyContract } from '@foretoken/core/testing';
import entropy from './entropy.ts';

describeDraftPolicyContract(entropy, 'entropy', { gamma: 0.3 });
