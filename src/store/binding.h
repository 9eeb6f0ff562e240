// From records to the parameters of a statement, by their field lists.
#pragma once

#include "db/params.h"
#include "model/field.h"

namespace onggi::store {

// Adds every field in the order of the list; a record inside adds its own fields in its place;
// lists, numbers and embedded fields add nothing. Views into `record`: it must live, unchanged, until the
// statement has run.
void bind(const model::Shape& shape, model::Record& record, db::Params& params);

}  // namespace onggi::store
