#include <charconv>

#include "api/agent_export.h"
#include "api/handlers.h"
#include "model/decode.h"

namespace onggi::api {
namespace {

const store::Agents& agents(const Call& call) {
  return call.services.stores.agents;
}

// Makes an agent of `content` (agent_content_shape) for the caller.
Task<Result<Answer>> create_from(Call& call, db::Connection& connection,
                                 const json::Value content) {
  Result<store::Draft> draft = agents(call).draft(content, call.user, call.now);
  if (!draft) co_return std::unexpected(std::move(draft.error()));
  const std::string id = to_string(static_cast<model::Definition&>(*draft->record).id);
  Result<store::Created> made = co_await agents(call).create(connection, std::move(*draft));
  if (!made) co_return std::unexpected(std::move(made.error()));
  co_return created(call, std::move(*made), id);
}

// The first bytes of a name that leave room for a suffix, not cut within a character.
std::string shortened(std::string_view name, std::size_t characters) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < name.size(); ++i)
    if ((name[i] & 0xC0) != 0x80 && count++ == characters) return std::string(name.substr(0, i));
  return std::string(name);
}

Result<std::optional<std::string>> clone_name(const json::Value& body) {
  const json::Object* object = body.if_object();
  if (object == nullptr) return invalid("", "must be an object");
  std::optional<std::string> name;
  for (const auto& [member, value] : *object) {
    if (member != "name") return invalid(json::pointer_to(member), "is not a field of a clone");
    if (value.is_null()) continue;
    if (!value.is_string()) return invalid("/name", "must be a string");
    name = std::string(value.get_string());
  }
  return name;
}

Error within(Error error, std::string_view pointer) {
  if (error.code != Code::invalid) return error;
  for (FieldError& complaint : error.errors) complaint.field.insert(0, pointer);
  return model::invalid(std::move(error.errors));
}

std::optional<std::int64_t> version_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0
             ? std::optional(number)
             : std::nullopt;
}

}  // namespace

Task<Result<Answer>> clone_agent(Call& call) {
  Result<std::optional<std::string>> name = clone_name(*call.body);
  if (!name) co_return std::unexpected(std::move(name.error()));
  const std::optional<std::string> wanted = std::move(*name);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, wanted](db::Connection& connection) -> Task<Result<Answer>> {
    std::optional<json::Value> content =
        co_await agents(call).content(connection, call.key(0), call.user);
    if (!content) co_return store::not_found();
    constexpr std::size_t room = 190;
    std::string copy_name = wanted.value_or("");
    if (!wanted) copy_name = shortened(content->at("name").get_string(), room) + " (copy)";
    content->get_object()["name"] = copy_name;
    content->get_object()["is_public"] = false;  // publishing is a decision of its own
    Result<Answer> answer = co_await create_from(call, connection, std::move(*content));
    co_return answer;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> export_agent(Call& call) {
  std::function<Task<std::optional<json::Value>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return agents(call).content(connection, call.key(0), call.user);
      };
  const std::optional<json::Value> content =
      co_await call.services.database.read<std::optional<json::Value>>(call.cost, std::move(body));
  if (!content) co_return store::not_found();
  model::Agent agent;
  model::decode_stored(model::agent_content_shape, *content, agent);
  co_return Answer{.body = write_agent_export(agent)};
}

Task<Result<Answer>> import_agent(Call& call) {
  Result<json::Value> content = read_agent_export(*call.body);
  if (!content) co_return std::unexpected(std::move(content.error()));
  const json::Value agent = std::move(*content);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, agent](db::Connection& connection) -> Task<Result<Answer>> {
    Result<Answer> answer = co_await create_from(call, connection, agent);
    if (!answer) co_return std::unexpected(within(std::move(answer.error()), "/agent"));
    co_return answer;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> list_agent_versions(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    store::Range range{.limit = call.query.limit};
    if (call.query.cursor) range.after = *call.query.cursor;
    std::optional<store::Items> items =
        co_await agents(call).versions(connection, call.key(0), call.user, std::move(range));
    if (!items) co_return store::not_found();
    std::optional<store::Total> total;
    if (call.query.wants_count) {
      const store::Total counted =
          co_await agents(call).count_versions(connection, call.key(0), call.user);
      total = counted;
    }
    co_return Answer{.body = list_body(call, std::move(*items), total)};
  };
  Result<Answer> answer =
      co_await call.services.database.read<Result<Answer>>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> restore_agent_version(Call& call) {
  const std::optional<std::int64_t> number = version_number(call.path[1]);
  if (!number) co_return store::not_found();
  const std::int64_t wanted = *number;
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, wanted](db::Connection& connection) -> Task<Result<Answer>> {
    std::optional<json::Value> content =
        co_await agents(call).version(connection, call.key(0), call.user, wanted);
    if (!content) co_return store::not_found();
    store::Change change{false, std::make_shared<const json::Value>(std::move(*content)),
                         call.if_match, call.now};
    Result<store::Page> page =
        co_await agents(call).change(connection, call.key(0), call.user, std::move(change));
    if (!page) co_return std::unexpected(std::move(page.error()));
    co_return Answer{.body = std::move(page->body), .version = page->version};
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

}  // namespace onggi::api
