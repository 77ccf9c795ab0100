// Words: pieces of text that an environment variable is made of, and the numbers in them. Allocates
// nothing.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "preload/settings.h"

// A piece of a text, which need not end with a zero.
struct Word {
  const char* at;
  size_t length;
};

struct Word word_of(const char* text);

// Compares in either case.
bool is_word(struct Word word, const char* text);

// Cuts the text at the first such character; takes what stands before from `rest` and returns it.
// Without one it takes everything, and `rest` is at NULL.
struct Word take_until(struct Word* rest, char end);

// Each returns false, and leaves `value` alone, for what is malformed or out of the kernel's range.
// A plain number with both bounds in its range.
bool parse_number(struct Word word, int least, int most, int* value);
bool parse_count(struct Word word, int* value);
// Whole seconds: "60", "60s", "10m".
bool parse_seconds(struct Word word, int* value);
// "auto", "off", milliseconds such as "90000", or "90s".
bool parse_user_timeout(struct Word word, int* value);
// "off", "on", a preset's name, or idle/interval/count such as "60s/10s/3", which a user timeout
// may follow. What it leaves out is left as it is.
bool parse_keepalive(struct Word word, struct Keepalive* keepalive);
// A preset's idle, interval and count.
bool parse_preset(struct Word word, struct Keepalive* keepalive);
