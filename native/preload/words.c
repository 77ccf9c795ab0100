#include "preload/words.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "preload/presets.h"

enum { kMostSeconds = 32767, kMostCount = 127 };

struct Word word_of(const char* text) {
  return (struct Word){text, strlen(text)};
}

bool is_word(struct Word word, const char* text) {
  return word.length == strlen(text) && strncasecmp(word.at, text, word.length) == 0;
}

struct Word take_until(struct Word* rest, char end) {
  if (rest->at == NULL) return *rest;
  const char* found = memchr(rest->at, end, rest->length);
  size_t length = found == NULL ? rest->length : (size_t)(found - rest->at);
  struct Word taken = {rest->at, length};
  *rest =
      found == NULL ? (struct Word){NULL, 0} : (struct Word){found + 1, rest->length - length - 1};
  return taken;
}

// Reads digits off the front; false when there are none, or more than any value here can have: with
// eleven of them days still fit in a long long of milliseconds, with twelve they would not.
static bool take_number(struct Word* rest, long long* number) {
  size_t digits = 0;
  long long value = 0;
  while (digits < rest->length && rest->at[digits] >= '0' && rest->at[digits] <= '9') {
    if (digits == 11) return false;
    value = value * 10 + (rest->at[digits++] - '0');
  }
  *rest = (struct Word){rest->at + digits, rest->length - digits};
  *number = value;
  return digits > 0;
}

// What a unit is in milliseconds; 0 for what is none. `unitless` is what a number without a unit
// counts.
static long long size_of_unit(struct Word unit, long long unitless) {
  static const struct {
    const char name[3];
    int size;
  } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
  if (unit.length == 0) return unitless;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (is_word(unit, units[i].name)) return units[i].size;
  }
  return 0;
}

// In milliseconds. No number that take_number returns overflows with the largest unit.
static bool parse_duration(struct Word word, long long unitless, long long* value) {
  long long number = 0;
  if (!take_number(&word, &number)) return false;
  long long size = size_of_unit(word, unitless);
  *value = number * size;
  return size != 0;
}

bool parse_number(struct Word word, int least, int most, int* value) {
  long long number = 0;
  if (!take_number(&word, &number) || word.length != 0) return false;
  if (number < least || number > most) return false;
  *value = (int)number;
  return true;
}

bool parse_count(struct Word word, int* value) { return parse_number(word, 1, kMostCount, value); }

bool parse_seconds(struct Word word, int* value) {
  long long duration = 0;
  if (!parse_duration(word, 1000, &duration) || duration % 1000 != 0) return false;
  if (duration < 1000 || duration > kMostSeconds * 1000LL) return false;
  *value = (int)(duration / 1000);
  return true;
}

bool parse_user_timeout(struct Word word, int* value) {
  long long duration = 0;
  if (is_word(word, "auto")) {
    *value = kAuto;
  } else if (is_word(word, "off")) {
    *value = 0;
  } else {
    if (!parse_duration(word, 1, &duration) || duration > INT_MAX) return false;
    *value = (int)duration;
  }
  return true;
}

bool parse_preset(struct Word word, struct Keepalive* keepalive) {
  for (size_t i = 0; i < kPresetCount; i++) {
    if (!is_word(word, kPresets[i].name)) continue;
    keepalive->idle = kPresets[i].idle;
    keepalive->interval = kPresets[i].interval;
    keepalive->count = kPresets[i].count;
    return true;
  }
  return false;
}

static bool parse_values(struct Word word, struct Keepalive* keepalive) {
  struct Word idle = take_until(&word, '/');
  struct Word interval = take_until(&word, '/');
  struct Word count = take_until(&word, '/');
  return parse_seconds(idle, &keepalive->idle) && parse_seconds(interval, &keepalive->interval) &&
         parse_count(count, &keepalive->count) &&
         (word.at == NULL || parse_user_timeout(word, &keepalive->user_timeout));
}

bool parse_keepalive(struct Word word, struct Keepalive* keepalive) {
  struct Keepalive parsed = *keepalive;
  parsed.on = !is_word(word, "off");
  bool ok = !parsed.on || is_word(word, "on") || parse_preset(word, &parsed) ||
            parse_values(word, &parsed);
  if (ok) *keepalive = parsed;
  return ok;
}
