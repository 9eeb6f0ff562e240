// Errors as RFC 9457 problem details.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace onggi::api {

int status_of(Code code);

// {"type", "title", "status", "detail", "request_id", "errors"?}
void append_problem(int status, std::string_view detail, std::string_view request_id,
                    const std::vector<FieldError>& errors, std::string& out);

http::Response problem_response(int status, std::string_view detail, std::string_view request_id,
                                const std::vector<FieldError>& errors = {});
http::Response problem_response(const Error& error, std::string_view request_id);

}  // namespace onggi::api
