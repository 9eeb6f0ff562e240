// Why a request is not served.
#pragma once

#include <string_view>

namespace onggi::http {

struct Refusal {
  int status;               // 0: nobody is left to answer
  std::string_view detail;  // one sentence for the user; static storage
  std::string_view reason;  // label of the metric; static storage

  // 503 and never executed: there is too much to do (onggi_http_shed_total), not something wrong
  // with the request (onggi_http_protocol_errors_total).
  bool is_shed() const { return status == 503; }
  bool is_silent() const { return status == 0; }
};

}  // namespace onggi::http
