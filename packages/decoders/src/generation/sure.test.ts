import { describeDraftPolicyContract } from '@foretoken/core/testing';
import sure from './sure.fixture.ts';

describeDraftPolicyContract(sure, 'sure', { least: 0.2 });
