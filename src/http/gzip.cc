#include "http/gzip.h"

#include <algorithm>
#include <array>
#include <new>

#include <zlib.h>

namespace onggi::http {
namespace {

constexpr int gzip_only = 15 + 16;  // zlib's spelling of "the gzip format, largest window"

Bytef* input_of(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

}  // namespace

Inflater::Inflater() : stream_(std::make_unique<z_stream_s>()) {
  if (inflateInit2(stream_.get(), gzip_only) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() {
  inflateEnd(stream_.get());
}

Inflater::State Inflater::feed(std::string_view& input, std::string& out, std::size_t room) {
  std::array<char, std::size_t{16} << 10> piece;
  for (;;) {
    if (at_end_ && input.empty()) return State::more;
    if (room == 0) return State::full;
    if (at_end_) {
      inflateReset(stream_.get());
      at_end_ = false;
    }
    uInt offered = static_cast<uInt>(std::min<std::size_t>(input.size(), 1u << 30));
    uInt space = static_cast<uInt>(std::min(room, piece.size()));
    stream_->next_in = input_of(input);
    stream_->avail_in = offered;
    stream_->next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_->avail_out = space;
    int result = inflate(stream_.get(), Z_NO_FLUSH);
    input.remove_prefix(offered - stream_->avail_in);
    out.append(piece.data(), space - stream_->avail_out);
    room -= space - stream_->avail_out;
    at_end_ = result == Z_STREAM_END;
    if (result == Z_BUF_ERROR) return State::more;
    if (result != Z_OK && result != Z_STREAM_END) return State::malformed;
    if (!at_end_ && input.empty() && stream_->avail_out > 0) return State::more;
  }
}

struct Deflater::Tables {
  z_stream_s stream{};

  Tables() {
    // Level 1: a page of 28 KB in a fifth of a millisecond, and most of what there is to gain.
    if (deflateInit2(&stream, 1, Z_DEFLATED, gzip_only, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Tables() { deflateEnd(&stream); }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;
};

std::unique_ptr<Deflater::Tables>& Deflater::spare() {
  static thread_local std::unique_ptr<Tables> tables;
  return tables;
}

Deflater::Deflater() : tables_(std::move(spare())) {
  if (tables_)
    deflateReset(&tables_->stream);
  else
    tables_ = std::make_unique<Tables>();
}

Deflater::~Deflater() {
  spare() = std::move(tables_);
}

void Deflater::add(std::string_view piece, bool last, std::string& out) {
  z_stream_s& stream = tables_->stream;
  stream.next_in = input_of(piece);
  stream.avail_in = static_cast<uInt>(piece.size());
  do {
    std::size_t before = out.size();
    std::size_t room = std::max<std::size_t>(deflateBound(&stream, stream.avail_in) / 4, 1024);
    out.resize_and_overwrite(before + room, [&](char* data, std::size_t) {
      stream.next_out = reinterpret_cast<Bytef*>(data + before);
      stream.avail_out = static_cast<uInt>(room);
      deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
      return before + room - stream.avail_out;
    });
  } while (stream.avail_out == 0);
}

}  // namespace onggi::http
