// A request's body on its way into memory: decompressed, and held to its limits as it grows rather
// than as it was announced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/gzip.h"
#include "http/head.h"
#include "http/refusal.h"
#include "http/service.h"

namespace onggi::http {

// Whether a request with this head may send its body at all: 413 for what announces too much, 415
// for an unknown coding.
std::optional<Refusal> check_announced_body(const Head& head, std::size_t limit);

class BodySink {
 public:
  // Appends to `body`. `limit` bounds it after decompression, and what is received of it before.
  BodySink(const Head& head, std::size_t limit, std::string& body, Service::Charge& charge);

  // Takes bytes off the front of `piece`. What decompresses to very much is taken in steps:
  // something is left of `piece`, or has_more() is true, and the event loop deserves a turn before
  // the next call.
  std::optional<Refusal> add(std::string_view& piece);
  bool has_more() const { return has_more_; }

  // No more follows: 400 if the compressed form was cut short.
  std::optional<Refusal> finish() const;

 private:
  std::optional<Refusal> inflate(Inflater& inflater, std::string_view& piece);
  void make_room(std::size_t size);

  const std::uint64_t announced_;
  const std::size_t limit_;
  std::string& body_;
  Service::Charge& charge_;
  std::optional<Inflater> inflater_;
  std::size_t received_ = 0;
  bool has_more_ = false;
};

}  // namespace onggi::http
