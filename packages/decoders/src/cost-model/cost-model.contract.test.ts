import { describeDraftPolicyContract } from '@foretoken/core/testing';
import costModel from './cost-model.ts';

// What is tried and how long it is remembered shows in measured times alone: cost-model.test.ts, regimes.test.ts.
describeDraftPolicyContract(costModel, 'cost-model', {}, { actElsewhere: ['explore', 'memory'] });
