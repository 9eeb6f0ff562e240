#include "api/request.h"

#include <algorithm>
#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "base/utf8.h"

namespace onggi::api {
namespace {

constexpr std::size_t idempotency_key_max = 255;

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_text(std::string_view decoded) {
  return decoded.find('\0') == std::string_view::npos && is_utf8(decoded);
}

std::optional<std::string_view> bearer(const http::Request& request) {
  const auto header = request.header("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (!header || header->size() <= scheme.size() ||
      !equals_ignoring_case(header->substr(0, scheme.size()), scheme))
    return std::nullopt;
  return trimmed(header->substr(scheme.size()));
}

bool is_media_type(std::string_view header, std::string_view wanted) {
  return equals_ignoring_case(trimmed(header.substr(0, header.find(';'))), wanted);
}

// The version that an entity tag begins with; -1, which no object has, for any other tag.
std::int64_t version_of(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  std::int64_t version = -1;
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return -1;
  tag = tag.substr(1, tag.size() - 2);
  if (!tag.empty() && (tag.front() < '1' || tag.front() > '9')) return -1;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  return error == std::errc() && (end == tag.data() + tag.size() || *end == '-') ? version : -1;
}

Result<void> check_media_type(const Call& call) {
  const auto type = call.request.header("Content-Type");
  bool fits = type && is_media_type(*type, "application/json");
  if (call.endpoint.body == Body::merge_patch)
    fits = fits || (type && is_media_type(*type, "application/merge-patch+json"));
  if (call.endpoint.body == Body::batch) fits = fits || (type && is_ndjson(*type));
  if (fits) return {};
  return fail(Code::unsupported_media_type,
              call.endpoint.body == Body::batch
                  ? "The body must be application/json or application/x-ndjson."
                  : "The body must be application/json.");
}

// Some clients send characters bare that a URL would have encoded, such as the braces of JSON.
std::string encoded(std::string_view target) {
  std::string out;
  out.reserve(target.size());
  for (const char c : target) {
    const bool is_bare =
        std::string_view("{}\"<>\\^`|").contains(c) || static_cast<unsigned char>(c) >= 0x80;
    if (is_bare)
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

// Not Boost's segments(), which pass over a "/." in front.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (path.size() > (segments.empty() ? 1 : 0)) {
    path.remove_prefix(1);  // '/'
    const std::string_view segment = path.substr(0, path.find('/'));
    segments.push_back(boost::urls::pct_string_view(segment).decode());
    path.remove_prefix(segment.size());
  }
  return segments;
}

}  // namespace

bool is_ndjson(std::string_view content_type) {
  return is_media_type(content_type, "application/x-ndjson") ||
         is_media_type(content_type, "application/ndjson") ||
         is_media_type(content_type, "application/jsonl");
}

Result<Target> read_target(std::string_view sent) {
  const std::string target = encoded(sent);
  const auto origin = boost::urls::parse_origin_form(target);
  const auto parsed = origin ? origin : boost::urls::parse_absolute_uri(target);
  if (!parsed || (!parsed->encoded_path().empty() && !parsed->is_path_absolute()))
    return fail(Code::malformed, "The request target is not a valid URL.");
  Target read;
  read.path = parsed->path();
  read.segments = segments_of(parsed->encoded_path());
  boost::urls::encoding_opts plus_is_space;
  plus_is_space.space_as_plus = true;
  for (const auto& pair : parsed->params(plus_is_space))
    if (!pair.key.empty() || pair.has_value) read.pairs.emplace_back(pair.key, pair.value);
  if (!is_text(read.path))
    return fail(Code::malformed, "The request target is not UTF-8, or holds a NUL.");
  for (const auto& [name, value] : read.pairs) {
    if (!is_text(name))
      return fail(Code::malformed, "The request target is not UTF-8, or holds a NUL.");
    if (!is_text(value)) return invalid(name, "must be UTF-8 without NUL");
  }
  return read;
}

Task<Result<void>> identify(Call& call) {
  if (call.request.is_local_control) {
    call.caller.role = model::Role::admin;
    co_return Result<void>{};
  }
  const std::optional<std::string_view> key = bearer(call.request);
  if (!key)
    co_return fail(Code::unauthenticated, "An API key is needed: Authorization: Bearer <key>.");
  const Sha256 hash = sha256(*key);
  const std::optional<store::Principal> principal =
      co_await call.services.authenticator.by_hash(call.cost, hash);
  if (!principal) co_return fail(Code::unauthenticated, "The API key is unknown or was revoked.");
  call.caller = *principal;
  call.credential = hash;
  call.user = principal->user_id;
  co_return Result<void>{};
}

bool fits_path(const Call& call) {
  std::size_t index = 0;
  for (std::size_t at = call.endpoint.path.find('{'); at != std::string_view::npos;
       at = call.endpoint.path.find('{', at + 1)) {
    const std::string_view name =
        call.endpoint.path.substr(at + 1, call.endpoint.path.find('}', at) - at - 1);
    const bool is_id = name != "tool_id" && name != "job_id" && name != "version";
    if (is_id && !Uuid::parse(call.path[index])) return false;
    ++index;
  }
  return true;
}

Task<Result<void>> authorize(Call& call, Pairs pairs) {
  const Access access = call.endpoint.access;
  const bool is_admin = call.caller.is_admin();
  if (access == Access::admin && !is_admin) co_return fail(Code::forbidden, "This is for admins.");
  if (access == Access::self && !is_admin && call.id(0) != call.caller.user_id)
    co_return fail(Code::not_found, "There is no such object.");
  std::optional<Uuid> user;
  Result<Query> query = read_query(call.endpoint, pairs, user);
  if (!query) co_return std::unexpected(std::move(query.error()));
  call.query = std::move(*query);
  if (call.query.wants_everybody && !is_admin)
    co_return fail(Code::forbidden, "Only an admin may ask for all users.");
  if (!user || *user == call.caller.user_id) co_return Result<void>{};
  if (!is_admin) co_return fail(Code::forbidden, "Only an admin may act for another user.");
  const std::optional<model::Role> role =
      co_await call.services.authenticator.role(call.cost, *user);
  if (!role) co_return fail(Code::not_found, "There is no such user.");
  call.user = *user;
  co_return Result<void>{};
}

store::IfMatch read_if_match(std::string_view field) {
  if (trimmed(field) == "*") return std::nullopt;
  std::vector<std::int64_t> versions;
  while (!field.empty()) {
    const std::size_t comma = field.find(',');
    versions.push_back(version_of(trimmed(field.substr(0, comma))));
    field = comma == std::string_view::npos ? std::string_view() : field.substr(comma + 1);
  }
  return versions;
}

Result<std::string> read_idempotency_key(std::string_view field) {
  const bool is_visible = std::ranges::all_of(field, [](char c) { return c > ' ' && c < '\x7F'; });
  if (field.empty() || field.size() > idempotency_key_max || !is_visible)
    return invalid("Idempotency-Key", "must have 1 to 255 visible ASCII characters");
  return std::string(field);
}

Result<void> read_headers(Call& call) {
  if (const auto header = call.request.header("If-Match")) call.if_match = read_if_match(*header);
  const auto key = call.request.header("Idempotency-Key");
  if (!key || call.request.method != http::Method::post || !call.endpoint.is_repeatable) return {};
  Result<std::string> read = read_idempotency_key(*key);
  if (!read) return std::unexpected(std::move(read.error()));
  call.idempotency_key = std::move(*read);
  return {};
}

Result<void> read_body(Call& call) {
  const Body body = call.endpoint.body;
  if (body == Body::none) return {};
  if (call.request.body.empty()) {
    if (body != Body::optional && body != Body::empty)
      return fail(Code::malformed, "A body is needed.");
    call.body = std::make_shared<const json::Value>(json::Object());
    return {};
  }
  auto fits = check_media_type(call);
  if (!fits || body == Body::batch) return fits;
  Result<json::Value> parsed = json::parse(call.request.body);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (!parsed->is_object() && !(body == Body::one_or_many && parsed->is_array()))
    return invalid("", "must be an object");
  if (body == Body::empty && !parsed->get_object().empty())
    return invalid(json::pointer_to(parsed->get_object().begin()->key()),
                   "is not a field: none is taken here");
  call.body = std::make_shared<const json::Value>(std::move(*parsed));
  return {};
}

}  // namespace onggi::api
