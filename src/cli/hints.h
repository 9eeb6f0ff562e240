// What a person at the terminal is told about a data directory: its key, and what to try next.
#pragma once

#include <string>
#include <string_view>

#include "app/engine.h"

namespace onggi::cli {

// Prints the key that this start has made, if it has, on a line of its own.
void show_new_key(const app::Engine& engine);
void show_key(const std::string& key);

// On a terminal, and wherever the demo was filled in.
bool wants_hints(const app::Places& places);

// The URL, where the key is, and requests that work when pasted.
std::string hints(std::string_view address, const app::Places& places);

// What the demo leaves in its marker: a workflow that is worth a look.
void write_marker(const app::Places& places, std::string_view workflow_id);

}  // namespace onggi::cli
