#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "api/api.h"
#include "api/endpoint.h"

namespace onggi::api {
namespace {

const json::Value& document() {
  static const json::Value parsed = json::parse(openapi_document()).value();
  return parsed;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

TEST(OpenapiTest, every_endpoint_is_described_and_nothing_else) {
  std::size_t described = 0;
  for (const auto& [path, methods] : document().at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) described += method != "parameters";
  }
  EXPECT_EQ(described, endpoints().size());
  for (const Endpoint& endpoint : endpoints()) {
    const std::string path =
        std::string(endpoint.is_absolute ? "" : prefix) + std::string(endpoint.path);
    const json::Value* methods = document().at("paths").as_object().if_contains(path);
    ASSERT_NE(methods, nullptr) << path;
    const json::Value* operation =
        methods->as_object().if_contains(lower(to_string(endpoint.method)));
    ASSERT_NE(operation, nullptr) << path;
    EXPECT_EQ(operation->at("operationId").as_string(), endpoint.operation);
    EXPECT_EQ(operation->at("x-query-budget").to_number<int>(), endpoint.budget);
    EXPECT_TRUE(operation->at("responses").as_object().contains(std::to_string(endpoint.status)))
        << endpoint.operation;
    EXPECT_EQ(operation->as_object().contains("requestBody"), endpoint.body != Body::none)
        << endpoint.operation;
  }
}

TEST(OpenapiTest, parameters_of_paths_and_queries_are_declared) {
  for (const Endpoint& endpoint : endpoints()) {
    const std::string path =
        std::string(endpoint.is_absolute ? "" : prefix) + std::string(endpoint.path);
    const json::Value& operation =
        document().at("paths").at(path).at(lower(to_string(endpoint.method)));
    std::set<std::string> in_path;
    std::set<std::string> in_query;
    if (const json::Value* parameters = operation.as_object().if_contains("parameters"))
      for (const json::Value& parameter : parameters->as_array()) {
        if (parameter.as_object().contains("$ref")) continue;
        const std::string name(parameter.at("name").as_string());
        if (parameter.at("in") == "path") in_path.insert(name);
        if (parameter.at("in") == "query") in_query.insert(name);
      }
    EXPECT_EQ(std::ssize(in_path), std::ranges::count(endpoint.path, '{')) << path;
    for (const std::string& name : in_path)
      EXPECT_NE(endpoint.path.find('{' + name + '}'), std::string_view::npos) << path;
    for (const Parameter& parameter : endpoint.query)
      EXPECT_TRUE(in_query.contains(std::string(parameter.name)))
          << endpoint.operation << ' ' << parameter.name;
  }
}

// Every "$ref" below a value.
void collect(const json::Value& value, std::set<std::string>& references) {
  if (const json::Array* array = value.if_array())
    for (const json::Value& entry : *array) collect(entry, references);
  const json::Object* object = value.if_object();
  if (object == nullptr) return;
  for (const auto& [name, member] : *object) {
    if (name == "$ref" && member.is_string())
      references.emplace(member.as_string());
    else
      collect(member, references);
  }
}

TEST(OpenapiTest, what_is_referred_to_is_there) {
  std::set<std::string> references;
  collect(document(), references);
  EXPECT_GE(references.size(), 10u);
  for (const std::string& reference : references) {
    ASSERT_TRUE(reference.starts_with("#/")) << reference;
    boost::system::error_code error;
    EXPECT_NE(document().find_pointer(reference.substr(1), error), nullptr) << reference;
  }
}

}  // namespace
}  // namespace onggi::api
