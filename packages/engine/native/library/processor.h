#pragma once
#include <string>
#include <vector>

#include "simd/table.h"

namespace foretoken {

/// The table in use: at first the widest that this processor has and that passes `agrees_with_scalar`.
const SimdTable& simd();

/// Instruction sets of this binary that this processor can run, widest first.
std::vector<std::string> instruction_sets();

/// Switches to another set of `instruction_sets()`. @return false if there is none of that name
bool use_instruction_set(const std::string& name);

/// Products of pairs of bfloat16 with the tiles of the table in use; null where this processor has none, or they fail
/// `agrees_in_bfloat16`. Inputs are then to be rounded first and multiplied as float32.
const ProductLoops* bfloat16_products();

/// The same before they are tried.
const ProductLoops* offered_bfloat16_products();

/// Whether a table multiplies as plain loops do: a guard against a processor or compiler that does not do as it says.
bool agrees_with_scalar(const SimdTable& table);

/// Whether loops for panels of so many columns multiply values that bfloat16 holds as plain loops do.
bool agrees_in_bfloat16(const ProductLoops& loops, int panel_columns);

}  // namespace foretoken
