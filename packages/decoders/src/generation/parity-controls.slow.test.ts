import { describeParityControls } from './parity-controls.fixture.ts';

describeParityControls(1);
