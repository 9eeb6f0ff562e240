#include "http/request_body.h"

#include <algorithm>

namespace onggi::http {
namespace {

constexpr std::size_t step = 256u << 10;

constexpr Refusal too_large{413, "The body is larger than this request may send.",
                            "body_too_large"};
constexpr Refusal bad_gzip{400, "The body is not gzip, as its Content-Encoding says.", "bad_gzip"};
constexpr Refusal out_of_memory{503, "Too many bytes of request bodies are in memory; try again.",
                                "body_bytes"};

}  // namespace

std::optional<Refusal> check_announced_body(const Head& head, std::size_t limit) {
  if (head.coding == Coding::other)
    return Refusal{415, "The only Content-Encoding understood is gzip.", "body_coding"};
  if (head.content_length > limit) return too_large;
  return std::nullopt;
}

BodySink::BodySink(const Head& head, std::size_t limit, std::string& body, Service::Charge& charge)
    : announced_(head.content_length), limit_(limit), body_(body), charge_(charge) {
  if (head.coding == Coding::gzip) inflater_.emplace();
}

std::optional<Refusal> BodySink::add(std::string_view& piece) {
  if (inflater_) return inflate(*inflater_, piece);
  std::size_t size = body_.size() + piece.size();
  if (size > limit_) return too_large;
  if (!charge_.grow_to(size)) return out_of_memory;
  make_room(size);
  body_ += piece;
  piece = {};
  return std::nullopt;
}

// Doubles, but not beyond what was announced.
void BodySink::make_room(std::size_t size) {
  if (size <= body_.capacity()) return;
  std::uint64_t wanted = std::max(size, 2 * body_.capacity());
  if (announced_ > 0) wanted = std::min<std::uint64_t>(wanted, announced_);
  body_.reserve(static_cast<std::size_t>(wanted));
}

std::optional<Refusal> BodySink::inflate(Inflater& inflater, std::string_view& piece) {
  // One byte beyond the limit shows that it is exceeded.
  std::size_t room = std::min(step, limit_ + 1 - body_.size());
  if (!charge_.grow_to(std::min(body_.size() + room, body_.size() + 32 * piece.size())))
    return out_of_memory;
  std::size_t before = piece.size();
  Inflater::State state = inflater.feed(piece, body_, room);
  received_ += before - piece.size();
  if (state == Inflater::State::malformed) return bad_gzip;
  if (body_.size() > limit_ || received_ > limit_ + step) return too_large;
  if (!charge_.grow_to(body_.size())) return out_of_memory;
  has_more_ = state == Inflater::State::full;
  return std::nullopt;
}

std::optional<Refusal> BodySink::finish() const {
  if (inflater_ && !inflater_->at_end()) return bad_gzip;
  return std::nullopt;
}

}  // namespace onggi::http
