#include "store/definitions.h"

#include <algorithm>

#include "model/decode.h"
#include "model/encode.h"
#include "store/binding.h"

namespace onggi::store {
namespace {

// RFC 7396 on the object as its page shows it.
json::Value whole_after(const Change& change, const json::Value& present) {
  if (!change.is_patch) return *change.body;
  json::Value whole = present;
  json::merge_patch(whole, *change.body);
  return whole;
}

}  // namespace

Result<Draft> Definitions::draft(const json::Value& body, const Uuid& owner, Time now) const {
  Draft draft{shape_.make(), std::nullopt};
  model::Definition& head = header(*draft.record);
  head.id = Uuid::v7(now);
  auto decoded = model::decode(shape_, body, *draft.record, model::Source::creation);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  head.user_id = owner;
  head.created_at = now;
  head.updated_at = now;
  auto prepared = prepare(*draft.record, body);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  const json::Value* id = body.get_object().if_contains("id");
  if (id != nullptr && !id->is_null()) draft.request_hash = request_hash(body);
  return draft;
}

Task<Result<Created>> Definitions::create(db::Connection& connection, Draft draft) const {
  const Key key = key_of(*draft.record);
  const Uuid owner = header(*draft.record).user_id;
  if (draft.request_hash) {
    db::Params params;
    key.add_to(params);
    const db::Rows found = co_await connection.many(statements_.find, std::move(params));
    if (!found.empty()) {
      const bool same = (!has_owner() || found[0].uuid(0) == owner) &&
                        found[0].maybe_text(1) == view(*draft.request_hash);
      if (!same) co_return fail(Code::conflict, "An object with this id exists already.");
      std::optional<Page> page = co_await read(connection, key, owner);
      if (!page) co_return fail(Code::conflict, "An object with this id existed and was deleted.");
      co_return Created{std::move(*page), true};
    }
  }
  Result<void> references = co_await check_references(connection, *draft.record, nullptr, owner);
  if (!references) co_return std::unexpected(std::move(references.error()));
  Result<void> written =
      co_await write(connection, statements_.insert, *draft.record, draft.request_hash);
  if (!written) co_return std::unexpected(std::move(written.error()));
  co_await write_rows(connection, *draft.record, nullptr);
  std::optional<Page> page = co_await read(connection, key, owner);
  co_return Created{std::move(page.value()), false};
}

Task<Result<Page>> Definitions::change(db::Connection& connection, Key key, Uuid owner,
                                       Change change) const {
  std::optional<Page> page = co_await read(connection, key, owner);
  if (!page || !page->is_owned) co_return not_found();
  auto allowed = check_version(change.if_match, page->version);
  if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  const json::Value present = json::parse_stored(page->body);
  auto writable = check_read_only(shape_, *change.body, present);
  if (!writable) co_return std::unexpected(std::move(writable.error()));
  json::Value whole = whole_after(change, present);
  if (!whole.is_object()) co_return invalid("", "must be an object");
  whole.get_object()["id"] = present.at("id");

  const std::shared_ptr<model::Record> before = shape_.make();
  model::decode_stored(shape_, present, *before);
  header(*before).user_id = owner;
  const std::shared_ptr<model::Record> after = shape_.make();
  auto decoded = model::decode(shape_, whole, *after, model::Source::change);
  if (!decoded) co_return std::unexpected(std::move(decoded.error()));
  header(*after) = header(*before);
  auto prepared = prepare(*after, whole);
  if (!prepared) co_return std::unexpected(std::move(prepared.error()));
  if (is_same(*before, *after)) co_return std::move(*page);

  header(*after).version += 1;
  header(*after).updated_at = std::max(change.now, header(*before).updated_at);
  Result<void> references = co_await check_references(connection, *after, before.get(), owner);
  if (!references) co_return std::unexpected(std::move(references.error()));
  Result<void> written = co_await write(connection, statements_.update, *after, std::nullopt);
  if (!written) co_return std::unexpected(std::move(written.error()));
  co_await write_rows(connection, *after, before.get());
  std::optional<Page> changed = co_await read(connection, key, owner);
  co_return std::move(changed.value());
}

Task<Result<void>> Definitions::remove(db::Connection& connection, Key key, Uuid owner,
                                       IfMatch if_match, Time now) const {
  if (if_match) {
    std::optional<Page> page = co_await read(connection, key, owner);
    if (!page || !page->is_owned) co_return not_found();
    auto allowed = check_version(if_match, page->version);
    if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  }
  Result<void> removable = co_await check_removal(connection, key);
  if (!removable) co_return std::unexpected(std::move(removable.error()));
  db::Params params;
  key.add_to(params);
  params.add(owner).add(now);
  const std::int64_t removed = co_await connection.run(statements_.remove, std::move(params));
  if (removed == 0) co_return not_found();
  co_await remove_rows(connection, key);
  co_return Result<void>{};
}

Task<Items> Definitions::list(db::Connection& connection, Uuid reader, Range range,
                              db::Params filters) const {
  db::Params params;
  if (has_owner()) params.add(reader);
  params.add(range.after.time);
  const bool text_key = shape_.find("id")->type == model::Type::text;
  if (text_key)
    params.add(range.after.key);
  else
    params.add_blob(range.after.key);
  params.add(range.limit + 1);
  params.append(filters);
  const db::Rows rows =
      co_await connection.many_within(statements_.list, std::move(params), page_max_bytes);
  co_return items_of(rows, range.limit);
}

Task<Total> Definitions::count(db::Connection& connection, Uuid reader, db::Params filters) const {
  const std::string no_key;
  db::Params params;
  if (has_owner()) params.add(reader);
  params.add(after_all_times).add_blob(no_key).add(count_max + 1);
  params.append(filters);
  const db::Rows rows = co_await connection.many(statements_.count, std::move(params));
  co_return Total::up_to(count_max, rows[0].integer(0));
}

Task<Items> Definitions::find(db::Connection& connection, Uuid reader, Range range,
                              std::shared_ptr<const Filter> filter) const {
  return search(connection, search_.value(), reader, std::move(range), std::move(filter),
                append_document);
}

Task<Total> Definitions::count_found(db::Connection& connection, Uuid reader,
                                     std::shared_ptr<const Filter> filter) const {
  return store::count_found(connection, search_.value(), reader, std::move(filter));
}

Result<void> Definitions::prepare(model::Record&, const json::Value&) const {
  return {};
}

Task<Result<void>> Definitions::check_references(db::Connection&, const model::Record&,
                                                 const model::Record*, Uuid) const {
  co_return Result<void>{};
}

void Definitions::bind_more(model::Record&, db::Params&, std::vector<std::string>&) const {}

Task<void> Definitions::write_rows(db::Connection&, model::Record&, const model::Record*) const {
  co_return;
}

bool Definitions::is_same(model::Record& before, model::Record& after) const {
  return model::to_json(shape_, before) == model::to_json(shape_, after);
}

Task<Result<void>> Definitions::check_removal(db::Connection&, Key) const {
  co_return Result<void>{};
}

Task<void> Definitions::remove_rows(db::Connection&, Key) const {
  co_return;
}

Key Definitions::key_of(const model::Record& record) const {
  return Key(static_cast<const model::Definition&>(record).id);
}

Task<Result<void>> Definitions::write(db::Connection& connection, const db::Statement& statement,
                                      model::Record& record,
                                      std::optional<Sha256> request_hash) const {
  std::string document = "{";
  model::append_members(shape_, record, model::View::item, document);
  document += '}';
  db::Params params;
  bind(shape_, record, params);
  if (request_hash)
    params.add_blob(view(*request_hash));
  else
    params.add(std::nullopt);
  params.add(document);
  std::vector<std::string> buffers;
  bind_more(record, params, buffers);
  bool is_taken = false;
  try {
    co_await connection.run(statement, std::move(params));
  } catch (const db::UniqueViolation&) {
    is_taken = true;
  }
  if (is_taken) co_return fail(Code::conflict, taken());
  co_return Result<void>{};
}

}  // namespace onggi::store
