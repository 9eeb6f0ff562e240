#include "cli/client.h"

#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "app/data_directory.h"

namespace onggi::cli {
namespace {

constexpr std::string_view prefix = "/api/agent-builder/";
constexpr int not_found = 404;

std::string text_of(const json::Object& object, std::string_view member) {
  const json::Value* value = object.if_contains(member);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// "/role" is the body's member; people know it as role.
std::string complaint(const json::Object& entry) {
  std::string field = text_of(entry, "field");
  if (field.starts_with('/')) field.erase(0, 1);
  const std::string message = text_of(entry, "message");
  return field.empty() ? message : fmt::format("{} {}", field, message);
}

// A problem (RFC 9457) as one line.
std::string words_of(const Answer& answer) {
  const auto parsed = json::parse(answer.body);
  if (!parsed || !parsed->is_object())
    return fmt::format("the server answered with status {}", answer.status);
  const json::Object& problem = parsed->get_object();
  const json::Value* errors = problem.if_contains("errors");
  if (errors == nullptr || !errors->is_array() || errors->get_array().empty())
    return text_of(problem, "detail");
  std::string words;
  for (const json::Value& entry : errors->get_array()) {
    if (!words.empty()) words += "; ";
    words += complaint(entry.as_object());
  }
  return words;
}

bool is_success(const Answer& answer) {
  return answer.status >= 200 && answer.status < 300;
}

}  // namespace

json::Value Client::call(http::Method method, std::string_view path, const json::Value& body) {
  const Answer answer = send(method, fmt::format("{}{}", prefix, path),
                             body.is_null() ? std::string() : json::canonical(body));
  if (!is_success(answer)) throw std::runtime_error(words_of(answer));
  return answer.body.empty() ? json::Value() : json::parse_stored(answer.body);
}

bool Client::remove(std::string_view path) {
  const Answer answer = send(http::Method::del, fmt::format("{}{}", prefix, path), "");
  if (answer.status == not_found) return false;
  if (!is_success(answer)) throw std::runtime_error(words_of(answer));
  return true;
}

std::vector<json::Value> Client::items(std::string_view path) {
  const std::string base =
      fmt::format("{}{}limit=500", path, path.find('?') == std::string_view::npos ? '?' : '&');
  std::vector<json::Value> items;
  std::string cursor;
  do {
    const json::Value page =
        get(cursor.empty() ? base : fmt::format("{}&cursor={}", base, percent_encoded(cursor)));
    for (const json::Value& item : page.at("items").as_array()) items.push_back(item);
    cursor = text_of(page.as_object(), "next_cursor");
  } while (!cursor.empty());
  return items;
}

std::unique_ptr<Client> open_client(const config::Options& options) {
  if (auto server = connect_to_server(options)) return server;
  const app::Places places(options.data);
  std::error_code error;
  if (options.database_url.empty() && !std::filesystem::exists(places.database(), error)) {
    throw std::runtime_error(fmt::format(
        "there is no store in the data directory {} (onggi serve makes one)", options.data));
  }
  return open_in_process(options);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace onggi::cli
