// How fast one agent's index answers: 100,000 memories of 400 bytes, whose words are as frequent
// as words are (Zipf), and questions of three to six of them.
#pragma once

namespace onggi::words {

void measure_speed();

}  // namespace onggi::words
