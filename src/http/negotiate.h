// What a client asks of the form of its answer.
#pragma once

#include <string_view>

namespace onggi::http {

// Whether an Accept-Encoding field takes gzip, and likes it no less than the plain form.
bool accepts_gzip(std::string_view accept_encoding);

// Whether an If-None-Match field names this entity tag (or any, with `*`). Weak comparison: W/
// makes no difference. `etag` has its quotes; a tag in the field without quotes names nothing.
bool names_etag(std::string_view if_none_match, std::string_view etag);

// Whether compressing a body of this type is worth it.
bool is_compressible(std::string_view content_type);

}  // namespace onggi::http
