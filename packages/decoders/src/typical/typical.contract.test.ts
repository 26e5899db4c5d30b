import { describeAcceptanceRuleContract } from '@foretoken/core/testing';
import typical from './typical.ts';

describeAcceptanceRuleContract(typical, 'typical', { epsilon: 0.3 });
