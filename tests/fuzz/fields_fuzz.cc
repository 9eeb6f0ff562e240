// Header fields: two lines, a field and what is asked of it. The first byte picks the field.
#include <algorithm>

#include "api/request.h"
#include "http/address.h"
#include "http/cors.h"
#include "http/field.h"
#include "http/negotiate.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

std::vector<std::string_view> elements_of(std::string_view list) {
  std::vector<std::string_view> elements;
  const std::string_view whole = list;
  while (const auto element = http::next_element(list)) {
    hold(!element->empty() && http::trim(*element) == *element, "an element is trimmed");
    hold(element->data() >= whole.data() &&
             element->data() + element->size() <= whole.data() + whole.size(),
         "it is a piece of the list");
    elements.push_back(*element);
  }
  return elements;
}

void try_accept_encoding(std::string_view field) {
  const bool accepts = http::accepts_gzip(field);
  const auto elements = elements_of(field);
  if (elements.empty()) hold(!accepts, "nothing asked, nothing compressed");
  std::string shout(field);
  for (char& c : shout) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  hold(http::accepts_gzip(shout) == accepts, "codings compare without case");
  hold(http::accepts_gzip(std::string(field) + " , ") == accepts || field.contains('"'),
       "empty elements are passed over");
}

void try_if_none_match(std::string_view field, std::string_view name) {
  const std::string tag = '"' + std::string(name) + '"';
  const bool is_named = http::names_etag(field, tag);
  bool stands = http::trim(field) == "*";
  for (const std::string_view element : elements_of(field))
    stands |= element == tag || element == "W/" + tag;
  hold(is_named == stands, "a tag is named where it stands");
}

void try_if_match(std::string_view field) {
  const store::IfMatch versions = api::read_if_match(field);
  if (!versions) return hold(http::trim(field) == "*", "* alone allows any version");
  const auto commas = static_cast<std::size_t>(std::ranges::count(field, ','));
  hold(versions->size() <= commas + 1, "an element is one version");
  for (const std::int64_t version : *versions)
    hold(version == -1 || field.contains('"' + std::to_string(version)),
         "a version stands in a tag");
}

void try_idempotency_key(std::string_view field) {
  const Result<std::string> key = api::read_idempotency_key(field);
  if (!key) return check_refusal(key.error());
  hold(*key == field && key->size() <= 255, "a key is kept as it is");
}

void try_origin(std::string_view origin, std::string_view allowed) {
  const http::Cors cors({std::string(allowed)});
  std::string lines;
  cors.append_headers(origin, lines);
  hold(lines.empty() || lines.ends_with("\r\n"), "whole lines are sent");
  if (origin != allowed && allowed != "*" && !origin.empty())
    hold(!lines.contains("Access-Control-Allow-Origin: " + std::string(origin)),
         "another origin is not allowed");
}

void try_address(std::string_view text) {
  const auto address = http::parse_address(text);
  if (!address) return hold(!address.error().empty(), "a refusal has words");
  hold(address->is_unix() == address->host.empty(), "an address is of one kind");
  if (address->is_unix()) return;
  const auto again = http::parse_address('[' + address->host + "]:" + address->port);
  hold(again && again->host == address->host && again->port == address->port,
       "it can be written in brackets");
}

}  // namespace

void try_input(std::string_view input) {
  const std::size_t kind = choose(input, 7);
  const std::string_view field = take_line(input);
  if (kind == 0) return try_accept_encoding(field);
  if (kind == 1) return try_if_none_match(field, input);
  if (kind == 2) return try_if_match(field);
  if (kind == 3) return try_idempotency_key(field);
  if (kind == 4) return try_origin(field, input);
  if (kind == 5) return try_address(field);
  api::is_ndjson(field);
}

}  // namespace onggi::fuzz
