import { describeAcceptanceRuleContract } from '@foretoken/core/testing';
import rejection from './rejection.ts';

describeAcceptanceRuleContract(rejection, 'rejection');
