export { type Catalogue, openCatalogue } from './catalogue.ts';
export { compareSides, type Difference, type MetricVerdict, type SideBySide } from './compare/compare.ts';
export { findSide, type Side } from './compare/operand.ts';
export type { Entry, EntryKind, EntryStatus, Part, Skipped } from './entry.ts';
export { EXPORT_FORMATS, type ExportFormat, exportEntries } from './export/formats.ts';
export type { Fact, Facts } from './facts.ts';
export { type Filter, type Operator, parseFilter } from './filter.ts';
export type { FactKey, Query } from './query.ts';
export type { Refreshed } from './refresh.ts';
