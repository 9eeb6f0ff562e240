#include "db/rows.h"

#include <limits>
#include <stdexcept>

namespace onggi::db {

const Rows::Cell& Rows::cell(std::size_t first, int column) const {
  if (column < 0 || column >= columns_) throw std::logic_error("there is no such column");
  return cells_[first + static_cast<std::size_t>(column)];
}

void Rows::append_null() {
  cells_.push_back({Kind::null, 0, 0});
}

void Rows::append_integer(std::int64_t value) {
  cells_.push_back({Kind::integer, 0, value});
}

void Rows::append_bytes(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a cell holds at most 4 GiB");
  }
  cells_.push_back({Kind::bytes, static_cast<std::uint32_t>(bytes.size()),
                    static_cast<std::int64_t>(bytes_.size())});
  bytes_.append(bytes);
}

std::size_t Rows::append(const Row& row) {
  if (columns_ == 0) set_columns(row.rows_->columns_);
  std::size_t taken = 0;
  for (int column = 0; column < columns_; ++column) {
    const Cell& cell = row.rows_->cell(row.first_, column);
    if (cell.kind == Kind::bytes)
      append_bytes(row.text(column));
    else
      cells_.push_back(cell);
    taken += cell.kind == Kind::bytes ? cell.size : sizeof(cell.value);
  }
  return taken;
}

bool Row::is_null(int column) const {
  return rows_->cell(first_, column).kind == Rows::Kind::null;
}

std::int64_t Row::integer(int column) const {
  const Rows::Cell& cell = rows_->cell(first_, column);
  if (cell.kind != Rows::Kind::integer) throw std::logic_error("the column is not an integer");
  return cell.value;
}

std::string_view Row::text(int column) const {
  const Rows::Cell& cell = rows_->cell(first_, column);
  if (cell.kind != Rows::Kind::bytes) throw std::logic_error("the column is neither text nor blob");
  return std::string_view{rows_->bytes_}.substr(static_cast<std::size_t>(cell.value), cell.size);
}

Uuid Row::uuid(int column) const {
  const std::string_view bytes = text(column);
  if (bytes.size() != sizeof(Uuid)) throw std::logic_error("the column is not a UUID");
  return Uuid::from_bytes(bytes);
}

std::optional<std::int64_t> Row::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string_view> Row::maybe_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<Uuid> Row::maybe_uuid(int column) const {
  if (is_null(column)) return std::nullopt;
  return uuid(column);
}

}  // namespace onggi::db
