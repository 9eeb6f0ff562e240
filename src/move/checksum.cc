#include "move/checksum.h"

#include <cstdint>
#include <new>
#include <stdexcept>

#include <openssl/evp.h>

namespace onggi::move {
namespace {

enum Tag : char { null = 'n', integer = 'i', bytes = 'b' };

void append(Tag tag, std::uint64_t number, std::string& out) {
  out += static_cast<char>(tag);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

void require(int done) {
  if (done != 1) throw std::runtime_error("SHA-256 cannot be computed");
}

}  // namespace

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out += digits[value >> 4];
    out += digits[value & 0xF];
  }
  return out;
}

void Checksum::Free::operator()(EVP_MD_CTX* context) const {
  EVP_MD_CTX_free(context);
}

Checksum::Checksum() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Checksum::add(std::string_view piece) {
  require(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()));
}

void Checksum::add(const Table& table, const db::Row& row) {
  row_.clear();
  for (int column = 0; column < static_cast<int>(table.columns.size()); ++column) {
    if (row.is_null(column)) {
      append(Tag::null, 0, row_);
    } else if (is_number(table.columns[static_cast<std::size_t>(column)].type)) {
      append(Tag::integer, static_cast<std::uint64_t>(row.integer(column)), row_);
    } else {
      const std::string_view held = row.text(column);
      append(Tag::bytes, held.size(), row_);
      row_ += held;
    }
  }
  add(row_);
}

Sha256 Checksum::so_far() const {
  const std::unique_ptr<EVP_MD_CTX, Free> copy(EVP_MD_CTX_new());
  if (!copy) throw std::bad_alloc();
  Sha256 hash;
  require(EVP_MD_CTX_copy_ex(copy.get(), context_.get()));
  require(EVP_DigestFinal_ex(copy.get(), hash.data(), nullptr));
  return hash;
}

}  // namespace onggi::move
