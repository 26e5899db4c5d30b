import { describeDraftPolicyContract } from '@foretoken/core/testing';
import confidence from './confidence.ts';

describeDraftPolicyContract(confidence, 'confidence', { threshold: 0.2 });
