#include "base/pack.h"

#include <memory>
#include <stdexcept>

#include <zstd.h>

namespace onggi {
namespace {

constexpr std::string_view magic{"\x28\xB5\x2F\xFD", 4};
constexpr int level = 3;
// Nothing that is kept is larger; a damaged frame must not ask for more.
constexpr unsigned long long unpacked_max_bytes = 256u << 20;

struct FreeContexts {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

bool is_packed(std::string_view bytes) {
  return bytes.starts_with(magic);
}

std::string pack(std::string_view text) {
  if (text.size() <= pack_min_bytes) return std::string(text);
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContexts> context(ZSTD_createCCtx());
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(),
                                             text.data(), text.size(), level);
  if (ZSTD_isError(size) != 0) throw std::runtime_error("zstd cannot compress");
  if (size >= text.size()) return std::string(text);
  packed.resize(size);
  return packed;
}

std::string unpack(std::string_view bytes) {
  if (!is_packed(bytes)) return std::string(bytes);
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
      size > unpacked_max_bytes)
    throw std::runtime_error("a compressed text is damaged");
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContexts> context(ZSTD_createDCtx());
  std::string text(size, '\0');
  const std::size_t written =
      ZSTD_decompressDCtx(context.get(), text.data(), text.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(written) != 0 || written != text.size())
    throw std::runtime_error("a compressed text is damaged");
  return text;
}

}  // namespace onggi
