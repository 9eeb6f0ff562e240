// What the fuzz targets share. A target is one file that says what must hold for any input; `run`
// beside them says how they are run.
#pragma once

#include <cstddef>
#include <source_location>
#include <string_view>

#include "base/error.h"
#include "json/json.h"

namespace onggi::fuzz {

// Defined by each target. `input` ends where its memory ends, so that reading on is found.
void try_input(std::string_view input);

// What must hold for any input. Ends the process where it does not; libFuzzer keeps the input.
void hold(bool fact, std::string_view what,
          std::source_location place = std::source_location::current());

// Takes the first byte off `input` as one of `count` choices, 'a' being the first, so that a seed
// can be written by hand. 0 where there is none.
std::size_t choose(std::string_view& input, std::size_t count);

// Takes the first line off `input`, without its end.
std::string_view take_line(std::string_view& input);

// What holds for every refusal: one of the codes that `malformed` and `invalid` stand for, in
// words; its JSON in an answer is JSON; an `invalid` one names what it complains of.
void check_refusal(const Error& error);

// The same for a complaint about `body`: each names, as a JSON pointer, a place that is there, or
// one that is missing in an object or array that is there.
void check_refusal_of(const json::Value& body, const Error& error);

}  // namespace onggi::fuzz
