// From JSON to records, by their field lists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "json/json.h"
#include "model/field.h"

namespace onggi::model {

enum class Source : std::uint8_t {
  creation,  // a request that makes the record: read-only fields are refused
  change,    // the whole after a PUT or PATCH: read-only fields were compared by the caller and are
             // passed over
  stored,    // a document of our own: every field counts
};

// What was wrong, at most `max_field_errors` of it.
using FieldErrors = std::vector<FieldError>;
inline constexpr std::size_t max_field_errors = 50;

// Fills `record`, freshly made, from `value`, which should be an object. `pointer` is the JSON
// pointer of `value` within the request, the prefix of every complaint. Complaints are appended to
// `errors`; where there are any the record is not to be used. Fields that are absent or null take
// their defaults. Entries' embedded members (a tool's name) are passed over from any source.
void decode(const Shape& shape, const json::Value& value, Record& record, Source source,
            std::string& pointer, FieldErrors& errors);

// The same as one Result: 422 with every complaint.
Result<void> decode(const Shape& shape, const json::Value& value, Record& record, Source source,
                    std::string pointer = {});

// A record from a document that onggi stored. Throws std::runtime_error where it does not fit: the
// store is damaged.
void decode_stored(const Shape& shape, const json::Value& value, Record& record);

// The Error for complaints that are not empty.
Error invalid(FieldErrors errors);

}  // namespace onggi::model
