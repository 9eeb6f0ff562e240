#include "move/import.h"

#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "json/json.h"
#include "move/checksum.h"
#include "move/export.h"
#include "move/lines.h"
#include "move/store.h"
#include "store/check.h"

namespace onggi::move {
namespace {

constexpr std::string_view import_name = "an import";
constexpr std::string_view another_file =
    "the target is not empty: an import of another file has not ended. Take an empty one";

[[noreturn]] void refuse(std::int64_t line, std::string_view why) {
  throw std::runtime_error(fmt::format("line {}: {}", line, why));
}

[[noreturn]] void refuse(std::int64_t line, const Error& error) {
  if (error.errors.empty()) refuse(line, error.detail);
  const FieldError& first = error.errors.front();
  refuse(line, fmt::format("{}{}{}", first.field, first.field.empty() ? "" : " ", first.message));
}

// How far an import is: so many lines, which came to this.
std::string spelled(std::int64_t lines, const Checksum& checksum) {
  return fmt::format(R"({{"lines":{},"sha256":"{}"}})", lines, hex(checksum.so_far()));
}

// Reads the file line after line and writes what it holds in batches.
class Import {
 public:
  Import(const NextLine& next_line, db::Database& target, const Report& report)
      : next_line_(next_line), target_(target), report_(report) {}

  void run();

 private:
  bool next();
  void read_header();
  Writer open_target();
  void take_row(const Line& line);
  void turn_to(const Table& table);
  void read_trailer(const Line& line);
  void flush();
  void check_whole();

  const NextLine& next_line_;
  db::Database& target_;
  const Report& report_;
  std::optional<Writer> writer_;

  std::string line_;
  std::int64_t number_ = 0;  // of the line
  Checksum checksum_;        // of the lines behind the header
  std::map<std::string_view, std::int64_t> counts_;
  Progress progress_{.doing = "imported"};

  // What an earlier attempt has written: so many lines, and where that says it was.
  std::int64_t written_lines_ = 0;
  std::string written_place_;

  const Table* table_ = nullptr;
  db::Rows rows_;  // of the table, not written yet
  std::size_t bytes_ = 0;
  std::int64_t first_ = 0;  // the line of the first of them
};

void Import::run() {
  read_header();
  writer_.emplace(open_target());
  while (true) {
    if (!next()) refuse(number_, "the file ends without onggi_export_end: it was cut");
    const Result<Line> line = read_line(line_);
    if (!line) refuse(number_, line.error());
    if (line->members.contains("onggi_export_end")) {
      read_trailer(*line);
      break;
    }
    take_row(*line);
  }
  if (next()) refuse(number_, "stands behind the end of the export");
  check_whole();
  writer_->end();
}

bool Import::next() {
  ++number_;
  return next_line_(line_);
}

void Import::read_header() {
  if (!next()) throw std::runtime_error("the file is empty");
  const Result<Line> header = read_line(line_);
  const json::Value* format = header ? header->members.if_contains("onggi_export") : nullptr;
  if (format == nullptr || !format->is_int64())
    refuse(number_, "is no header: this is no export of onggi");
  if (format->get_int64() != format_version)
    refuse(number_, fmt::format("the export is of format {}; this onggi knows format {}",
                                format->get_int64(), format_version));
}

Writer Import::open_target() {
  std::optional<Unfinished> unfinished = find_unfinished(target_);
  if (unfinished && unfinished->source != import_name)
    throw std::runtime_error(fmt::format(
        "the target is not empty: {} has not ended. Take an empty one", unfinished->source));
  if (unfinished) {
    written_place_ = unfinished->place;
    written_lines_ = json::parse_stored(written_place_).at("lines").as_int64();
    return {target_, std::move(*unfinished)};
  }
  if (const std::string_view table = find_rows(target_); !table.empty())
    throw std::runtime_error(
        fmt::format("the target is not empty: it has rows in {}. Take an empty one", table));
  return Writer::begin(target_, std::string(import_name), spelled(0, checksum_));
}

void Import::take_row(const Line& line) {
  const json::Value* name = line.members.if_contains("table");
  if (name == nullptr || !name->is_string()) refuse(number_, "/table must name a table");
  const Table* table = find_table(name->get_string());
  if (table == nullptr) refuse(number_, "/table there is no such table");
  if (table != table_) turn_to(*table);
  const Result<void> row = append_row(*table, line, table->columns.size(), "table", rows_);
  if (!row) refuse(number_, row.error());
  checksum_.add(line_);
  checksum_.add("\n");
  ++counts_[table->name];
  ++progress_.rows;
  if (number_ <= written_lines_) {
    rows_.clear();
    ++progress_.before;
    if (number_ == written_lines_ && spelled(number_, checksum_) != written_place_)
      throw std::runtime_error(std::string(another_file));
    return;
  }
  if (bytes_ == 0) first_ = number_;
  bytes_ += line_.size();
  if (rows_.size() == batch_rows || bytes_ >= batch_bytes) flush();
}

void Import::turn_to(const Table& table) {
  if (table_ != nullptr && &table < table_)
    refuse(number_, fmt::format("/table {} must stand before {}", table.name, table_->name));
  flush();
  progress_.is_over = true;
  if (table_ != nullptr) report_(progress_);
  table_ = &table;
  progress_ = {.doing = "imported", .table = table.name};
  rows_ = {};
  rows_.set_columns(static_cast<int>(table.columns.size()));
}

void Import::flush() {
  if (table_ == nullptr || rows_.empty()) return;
  const std::int64_t last = first_ + static_cast<std::int64_t>(rows_.size()) - 1;
  const std::optional<Refused> refused =
      writer_.value().write(*table_, rows_, spelled(last, checksum_));
  if (refused) refuse(first_ + static_cast<std::int64_t>(refused->row), refused->why);
  rows_.clear();
  bytes_ = 0;
  report_(progress_);
}

void Import::read_trailer(const Line& line) {
  if (number_ <= written_lines_) throw std::runtime_error(std::string(another_file));
  flush();
  progress_.is_over = true;
  if (table_ != nullptr) report_(progress_);
  const json::Value& counts = line.members.at("onggi_export_end");
  if (!counts.is_object()) refuse(number_, "/onggi_export_end must be an object of counts");
  for (const Table& table : tables()) {
    const json::Value* said = counts.get_object().if_contains(table.name);
    const std::int64_t expected = said != nullptr && said->is_int64() ? said->get_int64() : 0;
    if (counts_[table.name] != expected)
      refuse(number_, fmt::format("the file holds {} rows of {}, not {}: it is damaged",
                                  counts_[table.name], table.name, expected));
  }
  const json::Value* sum = line.members.if_contains("sha256");
  if (sum != nullptr && (!sum->is_string() || sum->get_string() != hex(checksum_.so_far())))
    refuse(number_, "/sha256 is not that of the lines: the file is damaged");
}

// Each line may be right, and yet a document say something else than its columns.
void Import::check_whole() {
  const store::CheckReport found = store::check(target_);
  if (!found.is_sound())
    throw std::runtime_error(
        fmt::format("what was imported contradicts itself:\n{}", fmt::join(found.troubles, "\n")));
}

}  // namespace

void import_all(const NextLine& next_line, db::Database& target, const Report& report) {
  Import(next_line, target, report).run();
}

}  // namespace onggi::move
