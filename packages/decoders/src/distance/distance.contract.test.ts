import { describeAcceptanceRuleContract } from '@foretoken/core/testing';
import distance from './distance.ts';

describeAcceptanceRuleContract(distance, 'distance', { distance: 1 });
