/** A vega-lite specification without colours of its own or data elsewhere. */
export type ChartSpec = { readonly [key: string]: unknown };

/** Pixels across, axes included: all charts are scaled alike, so that their texts have one size. */
export const CHART_WIDTH = 560;
