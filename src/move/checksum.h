// SHA-256 of what comes piece by piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "move/tables.h"

typedef struct evp_md_ctx_st EVP_MD_CTX;

namespace onggi::move {

class Checksum {
 public:
  Checksum();

  void add(std::string_view bytes);
  // Every cell with its kind and length, so that no two rows look alike.
  void add(const Table& table, const db::Row& row);

  // Of everything up to here; more may follow.
  Sha256 so_far() const;

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  std::string row_;
};

// In hexadecimal digits.
std::string hex(std::string_view bytes);
inline std::string hex(const Sha256& checksum) {
  return hex(view(checksum));
}

}  // namespace onggi::move
