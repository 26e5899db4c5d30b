import { describeAcceptanceRuleContract } from '@foretoken/core/testing';
import exact from './exact.ts';

describeAcceptanceRuleContract(exact, 'exact');
