#include "http/negotiate.h"

#include <cstddef>
#include <optional>

#include "http/field.h"

namespace onggi::http {
namespace {

// A weight in thousandths, from the parameters that follow a coding (";q=0.5"). What cannot be read
// counts as 0.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::size_t end = parameters.find(';');
    std::string_view parameter = trim(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
    if (parameter.size() < 2 || !same_name(parameter.substr(0, 2), "q=")) continue;
    std::string_view digits = parameter.substr(2);
    if (digits.empty() || digits.size() > 5 || (digits.size() > 1 && digits[1] != '.')) return 0;
    if (digits[0] != '0' && digits[0] != '1') return 0;
    int weight = 0;
    for (std::size_t place = 0, i = 0; place < 4; ++place, i = place + 1) {
      char digit = i < digits.size() ? digits[i] : '0';
      if (digit < '0' || digit > '9') return 0;
      weight = weight * 10 + (digit - '0');
    }
    return weight > 1000 ? 0 : weight;
  }
  return 1000;
}

std::string_view opaque(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> any;
  while (std::optional<std::string_view> element = next_element(accept_encoding)) {
    std::size_t end = element->find(';');
    std::string_view coding = trim(element->substr(0, end));
    int weight =
        weight_of(end == std::string_view::npos ? std::string_view{} : element->substr(end + 1));
    if (same_name(coding, "gzip") || same_name(coding, "x-gzip")) gzip = weight;
    if (same_name(coding, "identity")) identity = weight;
    if (coding == "*") any = weight;
  }
  int wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  if (trim(if_none_match) == "*") return true;
  std::string_view wanted = opaque(etag);
  if (wanted.size() < 2) return false;
  while (std::optional<std::string_view> element = next_element(if_none_match)) {
    if (opaque(*element) == wanted) return true;
  }
  return false;
}

bool is_compressible(std::string_view content_type) {
  std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("javascript") ||
         type.ends_with("xml") || type == "application/wasm";
}

}  // namespace onggi::http
