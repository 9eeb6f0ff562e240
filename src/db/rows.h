// What a statement returns: rows of cells, owned, in one piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"

namespace onggi::db {

class Rows;

// One row, a view into its Rows. Columns count from 0. Reading a column as something that it is not
// throws std::logic_error: the statement and its reader stand side by side in one file.
class Row {
 public:
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  bool boolean(int column) const { return integer(column) != 0; }
  Time time(int column) const { return Time{integer(column)}; }
  std::string_view text(int column) const;  // text or blob
  Uuid uuid(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::optional<std::string_view> maybe_text(int column) const;  // null is nullopt
  std::optional<Uuid> maybe_uuid(int column) const;

 private:
  friend class Rows;
  Row(const Rows& rows, std::size_t first) : rows_(&rows), first_(first) {}
  const Rows* rows_;
  std::size_t first_;
};

class Rows {
 public:
  std::size_t size() const {
    return columns_ == 0 ? 0 : cells_.size() / static_cast<std::size_t>(columns_);
  }
  bool empty() const { return cells_.empty(); }
  int columns() const { return columns_; }
  Row operator[](std::size_t index) const {
    return Row(*this, index * static_cast<std::size_t>(columns_));
  }

  class Iterator {
   public:
    Iterator(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
    Row operator*() const { return (*rows_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Rows* rows_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

  // For drivers: set the number of columns once, then append cells row by row.
  void set_columns(int columns) {
    columns_ = columns;
    cells_.reserve(static_cast<std::size_t>(columns));
  }
  void append_null();
  void append_integer(std::int64_t value);
  void append_bytes(std::string_view bytes);
  // A row of another's; returns how many bytes it takes.
  std::size_t append(const Row& row);
  void set_cut() { is_cut_ = true; }
  // Forgets the rows and keeps their room.
  void clear() {
    cells_.clear();
    bytes_.clear();
  }

  // Whether rows were left out because the bound of bytes was reached (Connection::many_within).
  bool is_cut() const { return is_cut_; }

 private:
  friend class Row;
  enum class Kind : std::uint8_t { null, integer, bytes };
  struct Cell {
    Kind kind;
    std::uint32_t size;  // of bytes; one cell holds at most 4 GiB
    std::int64_t value;  // the integer, or the offset into bytes_
  };
  const Cell& cell(std::size_t first, int column) const;

  int columns_ = 0;
  bool is_cut_ = false;
  std::vector<Cell> cells_;
  std::string bytes_;
};

}  // namespace onggi::db
