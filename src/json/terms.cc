#include "json/terms.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>

namespace onggi::json {
namespace {

enum class Step : char {
  scope = 's',
  member = 'm',
  element = 'e',
  object = 'o',  // there is one
  array = 'a',
  value = 'v',
  unlisted = 'u',
};

// SHA-256 with its context kept: a digest of a few bytes costs as much as making one.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (context_ == nullptr || EVP_DigestInit_ex2(context_.get(), EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("OpenSSL has no SHA-256");
  }

  Term of(const Term& path, Step step, std::string_view bytes) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash;
    const bool done = EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1 &&
                      EVP_DigestUpdate(context_.get(), path.data(), path.size()) == 1 &&
                      EVP_DigestUpdate(context_.get(), &step, 1) == 1 &&
                      EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1;
    if (!done) throw std::runtime_error("OpenSSL failed to make a SHA-256");
    Term term;
    std::copy_n(hash.begin(), term.size(), term.begin());
    return term;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

Term digest(const Term& path, Step step, std::string_view bytes = {}) {
  thread_local Digest digest;
  return digest.of(path, step, bytes);
}

Term scope_path(std::string_view scope) {
  return digest({}, Step::scope, scope);
}

Term value_term(const Term& path, const Value& value) {
  std::string spelling;
  append_canonical(value, spelling);
  return digest(path, Step::value, spelling);
}

void sort_out(std::vector<Term>& terms) {
  std::ranges::sort(terms);
  const auto surplus = std::ranges::unique(terms);
  terms.erase(surplus.begin(), surplus.end());
}

// Terms of a narrow scope begin with two bytes of their scope, so that what comes and goes together
// lies together.
constexpr std::size_t wide_scope_max = 16;
constexpr std::size_t gathered_by = 2;
void gather(Term& term, const Term& root, std::string_view scope) {
  if (scope.size() > wide_scope_max) std::copy_n(root.begin(), gathered_by, term.begin());
}
void gather(std::vector<Term>& terms, const Term& root, std::string_view scope) {
  if (scope.size() <= wide_scope_max) return;
  for (Term& term : terms) gather(term, root, scope);
  sort_out(terms);
}

// Collects a document's terms until there are too many.
class Collector {
 public:
  explicit Collector(std::size_t most) : most_(most) {}

  bool is_full() const { return is_full_; }

  void member(const Term& path, const Value& value) {
    add(path, value);
    if (!value.is_array()) return;
    for (const Value& element : value.get_array())
      if (!element.is_object() && !element.is_array()) keep(value_term(path, element));
  }

  std::vector<Term> take() {
    sort_out(terms_);
    is_full_ = is_full_ || terms_.size() > most_;
    return std::move(terms_);
  }

 private:
  void add(const Term& path, const Value& value) {
    if (is_full_) return;
    if (value.is_object()) {
      keep(digest(path, Step::object));
      for (const auto& [name, inner] : value.get_object())
        add(digest(path, Step::member, name), inner);
    } else if (value.is_array()) {
      keep(digest(path, Step::array));
      const Term inside = digest(path, Step::element);
      for (const Value& inner : value.get_array()) add(inside, inner);
    } else {
      keep(value_term(path, value));
    }
  }

  // An array repeats the paths of its elements, so duplicates are taken out before one gives up.
  void keep(const Term& term) {
    terms_.push_back(term);
    if (terms_.size() < 2 * most_ + 64) return;
    sort_out(terms_);
    is_full_ = terms_.size() > most_;
  }

  std::size_t most_;
  bool is_full_ = false;
  std::vector<Term> terms_;
};

// How many terms a filter's value asks for.
std::size_t leaves(const Value& filter) {
  std::size_t count = 0;
  if (filter.is_object())
    for (const auto& member : filter.get_object()) count += leaves(member.value());
  else if (filter.is_array())
    for (const Value& element : filter.get_array()) count += leaves(element);
  return std::max<std::size_t>(count, 1);
}

void add_filter(const Term& path, const Value& filter, FilterTerms& out) {
  if (filter.is_object()) {
    if (filter.get_object().empty()) out.terms.push_back(digest(path, Step::object));
    for (const auto& [name, inner] : filter.get_object())
      add_filter(digest(path, Step::member, name), inner, out);
  } else if (filter.is_array()) {
    if (filter.get_array().empty()) out.terms.push_back(digest(path, Step::array));
    const Term inside = digest(path, Step::element);
    for (const Value& inner : filter.get_array()) {
      out.decide = out.decide && leaves(inner) == 1;
      add_filter(inside, inner, out);
    }
  } else {
    out.terms.push_back(value_term(path, filter));
  }
}

}  // namespace

std::vector<Term> document_terms(const Object& document, std::span<const std::string_view> members,
                                 std::string_view scope, std::size_t most) {
  Collector collector(most);
  const Term root = scope_path(scope);
  for (const std::string_view name : members)
    if (const Value* const value = document.if_contains(name))
      collector.member(digest(root, Step::member, name), *value);
  std::vector<Term> terms = collector.take();
  if (collector.is_full()) return {unlisted_term(scope)};
  gather(terms, root, scope);
  return terms;
}

Term unlisted_term(std::string_view scope) {
  const Term root = scope_path(scope);
  Term term = digest(root, Step::unlisted);
  gather(term, root, scope);
  return term;
}

FilterTerms filter_terms(const Object& filter, std::string_view scope) {
  FilterTerms found;
  const Term root = scope_path(scope);
  for (const auto& [name, value] : filter)
    add_filter(digest(root, Step::member, name), value, found);
  sort_out(found.terms);
  gather(found.terms, root, scope);
  return found;
}

std::string joined(std::span<const Term> terms) {
  std::string bytes;
  bytes.reserve(terms.size() * sizeof(Term));
  for (const Term& term : terms)
    bytes.append(reinterpret_cast<const char*>(term.data()), term.size());
  return bytes;
}

}  // namespace onggi::json
