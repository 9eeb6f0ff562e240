#include "base/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <variant>

namespace onggi {
namespace {

constexpr std::array<double, 17> latency_bound_values = {
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
    0.05,    0.1,    0.25,    0.5,    1,     2.5,    5,     10};

bool is_name(std::string_view name, bool colons) {
  const auto letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
  };
  const auto rest = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, rest);
}

// Sorted by name, so that the same labels in another order are the same series.
void check_labels(Labels& labels, std::string_view type) {
  std::ranges::sort(labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string& name = labels[i].first;
    const bool reserved = name.starts_with("__") || (type == "histogram" && name == "le");
    const bool twice = i > 0 && labels[i - 1].first == name;
    if (!is_name(name, false) || reserved || twice)
      throw std::logic_error("Prometheus forbids the label '" + name + "'");
  }
}

void append_escaped(std::string_view text, bool quotes, std::string& out) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

template <class Number>
void append_number(Number number, std::string& out) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

void append_value(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    append_number(value, out);
  }
}

template <class Integer>
void append_value(Integer value, std::string& out) {
  append_number(value, out);
}

// One line: name, suffix, labels (and `le`, if there is one), value.
template <class Value>
void append_sample(std::string_view name, std::string_view suffix, const Labels& labels,
                   std::string_view le, Value value, std::string& out) {
  out += name;
  out += suffix;
  char separator = '{';
  const auto append_label = [&](std::string_view label, std::string_view text) {
    out += separator;
    separator = ',';
    out += label;
    out += "=\"";
    append_escaped(text, true, out);
    out += '"';
  };
  for (const auto& [label, text] : labels) append_label(label, text);
  if (!le.empty()) append_label("le", le);
  if (separator == ',') out += '}';
  out += ' ';
  append_value(value, out);
  out += '\n';
}

}  // namespace

constinit const std::span<const double> latency_bounds = latency_bound_values;

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), buckets_(bounds.size() + 1) {
  const bool ascending = std::ranges::adjacent_find(
                             bounds_, [](double a, double b) { return !(a < b); }) == bounds_.end();
  if (!ascending ||
      !std::ranges::all_of(bounds_, [](double bound) { return std::isfinite(bound); })) {
    throw std::logic_error("the bounds of a histogram are finite and ascend");
  }
}

void Histogram::observe(double value) {
  if (std::isnan(value)) return;
  const auto bucket =
      static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

struct Registry::Series {
  using Value = std::variant<Counter, TimeCounter, Gauge, Histogram, std::function<double()>>;

  template <class T, class... Args>
  Series(Labels of, std::in_place_type_t<T> kind, Args&&... args)
      : labels(std::move(of)), value(kind, std::forward<Args>(args)...) {}

  Labels labels;
  Value value;
};

struct Registry::Family {
  std::string name;
  std::string help;
  std::string_view type;
  std::vector<double> bounds;
  std::deque<Series> series;

  // The series with these labels, made from `args` if it is new.
  template <class T, class... Args>
  T& get(Labels labels, Args&&... args) {
    check_labels(labels, type);
    for (Series& one : series) {
      if (one.labels != labels) continue;
      T* const value = std::get_if<T>(&one.value);
      if (!value)
        throw std::logic_error("the metric '" + name + "' is registered as another kind of gauge");
      return *value;
    }
    return std::get<T>(
        series.emplace_back(std::move(labels), std::in_place_type<T>, std::forward<Args>(args)...)
            .value);
  }

  void append(const Series& one, std::string& out) const {
    if (const auto* counter = std::get_if<Counter>(&one.value)) {
      append_sample(name, "", one.labels, "", counter->value(), out);
    } else if (const auto* time = std::get_if<TimeCounter>(&one.value)) {
      append_sample(name, "", one.labels, "", time->seconds(), out);
    } else if (const auto* gauge = std::get_if<Gauge>(&one.value)) {
      append_sample(name, "", one.labels, "", gauge->value(), out);
    } else if (const auto* read = std::get_if<std::function<double()>>(&one.value)) {
      append_sample(name, "", one.labels, "", (*read)(), out);
    } else if (const auto* histogram = std::get_if<Histogram>(&one.value)) {
      append(*histogram, one.labels, out);
    }
  }

  // The count is that of the last bucket, so that the two agree while others observe.
  void append(const Histogram& histogram, const Labels& labels, std::string& out) const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < histogram.buckets_.size(); ++i) {
      count += histogram.buckets_[i].load(std::memory_order_relaxed);
      std::string le = "+Inf";
      if (i < histogram.bounds_.size()) {
        le.clear();
        append_value(histogram.bounds_[i], le);
      }
      append_sample(name, "_bucket", labels, le, count, out);
    }
    append_sample(name, "_sum", labels, "", histogram.sum_.load(std::memory_order_relaxed), out);
    append_sample(name, "_count", labels, "", count, out);
  }
};

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Family& Registry::family(std::string_view name, std::string_view help,
                                   std::string_view type) {
  for (const auto& known : families_) {
    if (known->name != name) continue;
    if (known->type != type)
      throw std::logic_error("the metric '" + known->name + "' is registered as another type");
    return *known;
  }
  if (!is_name(name, true))
    throw std::logic_error("Prometheus forbids the metric name '" + std::string(name) + "'");
  families_.push_back(std::make_unique<Family>(std::string(name), std::string(help), type));
  return *families_.back();
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return family(name, help, "counter").get<Counter>(std::move(labels));
}

TimeCounter& Registry::time_counter(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return family(name, help, "counter").get<TimeCounter>(std::move(labels));
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return family(name, help, "gauge").get<Gauge>(std::move(labels));
}

Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               std::span<const double> bounds, Labels labels) {
  const std::lock_guard lock(mutex_);
  Family& family_of_name = family(name, help, "histogram");
  if (family_of_name.series.empty()) family_of_name.bounds.assign(bounds.begin(), bounds.end());
  if (!std::ranges::equal(family_of_name.bounds, bounds))
    throw std::logic_error("the metric '" + family_of_name.name + "' has other bounds");
  return family_of_name.get<Histogram>(std::move(labels), bounds);
}

void Registry::gauge_from(std::string_view name, std::string_view help,
                          std::function<double()> read, Labels labels) {
  const std::lock_guard lock(mutex_);
  using Read = std::function<double()>;
  family(name, help, "gauge").get<Read>(std::move(labels)) = std::move(read);
}

std::string Registry::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& family : families_) {
    out += "# HELP " + family->name + ' ';
    append_escaped(family->help, false, out);
    out += "\n# TYPE " + family->name + ' ';
    out += family->type;
    out += '\n';
    for (const Series& one : family->series) {
      family->append(one, out);
    }
  }
  return out;
}

}  // namespace onggi
