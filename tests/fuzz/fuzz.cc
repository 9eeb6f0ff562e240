#include "tests/fuzz/fuzz.h"

#include <cstdio>
#include <cstdlib>

#include "api/problem.h"
#include "base/utf8.h"

namespace onggi::fuzz {
namespace {

// Whether the pointer leads to a value of `body`, or to a name or index that one of its containers
// lacks.
bool leads_somewhere(const json::Value& body, std::string_view pointer) {
  if (pointer.empty()) return true;
  boost::json::error_code error;
  if (body.find_pointer(pointer, error) != nullptr) return true;
  const json::Value* parent = body.find_pointer(pointer.substr(0, pointer.rfind('/')), error);
  return parent != nullptr && (parent->is_object() || parent->is_array());
}

}  // namespace

void hold(bool fact, std::string_view what, std::source_location place) {
  if (fact) return;
  std::fprintf(stderr, "%s:%u: does not hold: %.*s\n", place.file_name(), place.line(),
               static_cast<int>(what.size()), what.data());
  std::abort();
}

std::size_t choose(std::string_view& input, std::size_t count) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front() - 'a');
  input.remove_prefix(1);
  return byte % count;
}

std::string_view take_line(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::string_view line = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return line;
}

void check_refusal(const Error& error) {
  hold(error.code == Code::malformed || error.code == Code::invalid, "it is a refusal of input");
  hold(!error.detail.empty() && is_utf8(error.detail), "a refusal has words");
  if (error.code == Code::invalid) hold(!error.errors.empty(), "it names what is not valid");
  for (const FieldError& complaint : error.errors)
    hold(!complaint.message.empty(), "a complaint has words");
  std::string problem;
  api::append_problem(api::status_of(error.code), error.detail, "id", error.errors, problem);
  hold(json::parse(problem).has_value(), "an answer with this error is JSON");
}

void check_refusal_of(const json::Value& body, const Error& error) {
  check_refusal(error);
  for (const FieldError& complaint : error.errors)
    hold(leads_somewhere(body, complaint.field), "a complaint names a place of the body");
}

}  // namespace onggi::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  onggi::fuzz::try_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
