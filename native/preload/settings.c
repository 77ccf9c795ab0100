#include "preload/settings.h"

#include <string.h>

#include "preload/rules.h"
#include "preload/words.h"

// A word's part that `parse_…` of words.h fills.
typedef bool Parse(struct Word word, int* value);

// What would play tricks on a terminal is not repeated.
static char printable(char each) {
  if (each < ' ' || each > '~') return '?';
  return each;
}

static void complain(struct Settings* settings, const char* name, const char* expected,
                     struct Word got) {
  if (settings->complaint_count == kMostComplaints) return;
  struct Complaint* complaint = &settings->complaints[settings->complaint_count++];
  size_t most = sizeof complaint->got - 1;
  size_t length = got.length < most ? got.length : most;
  complaint->name = name;
  complaint->expected = expected;
  for (size_t i = 0; i < length; i++) complaint->got[i] = printable(got.at[i]);
  complaint->got[length] = '\0';
}

static const char prefix[] = "WARMLINE_";

// `WARMLINE_NAME` hides `NAME`, also with nothing in it. Returns NULL for nothing.
static const char* find_value(LookUp* look_up, const char** name) {
  const char* value = look_up(*name);
  if (value == NULL) value = look_up(*name += sizeof prefix - 1);
  return value == NULL || *value == '\0' ? NULL : value;
}

static void read_value(struct Settings* settings, LookUp* look_up, const char* name,
                       const char* expected, Parse* parse, int* into) {
  const char* value = find_value(look_up, &name);
  if (value != NULL && !parse(word_of(value), into)) {
    complain(settings, name, expected, word_of(value));
  }
}

static void read_preset(struct Settings* settings, LookUp* look_up) {
  const char* name = "WARMLINE_PRESET";
  const char* value = find_value(look_up, &name);
  if (value != NULL && !parse_preset(word_of(value), &settings->keepalive)) {
    complain(settings, name, "the name of a preset such as aws-nat-gateway", word_of(value));
  }
}

static bool parse_switch(struct Word word, int* value) {
  *value = !is_word(word, "off");
  return !*value || is_word(word, "on");
}

static void read_keepalive(struct Settings* settings, LookUp* look_up) {
  static const char seconds[] = "1 to 32767 seconds, or a duration such as 60s";
  struct Keepalive* into = &settings->keepalive;
  int on = 1;
  *into = (struct Keepalive){true, kLeave, kLeave, kLeave, kLeave};
  read_preset(settings, look_up);
  read_value(settings, look_up, "WARMLINE_KEEPALIVE", "on or off", parse_switch, &on);
  read_value(settings, look_up, "WARMLINE_KEEPCNT", "1 to 127", parse_count, &into->count);
  read_value(settings, look_up, "WARMLINE_KEEPIDLE", seconds, parse_seconds, &into->idle);
  read_value(settings, look_up, "WARMLINE_KEEPINTVL", seconds, parse_seconds, &into->interval);
  read_value(settings, look_up, "WARMLINE_USER_TIMEOUT",
             "auto, off, milliseconds, or a duration such as 90s", parse_user_timeout,
             &into->user_timeout);
  into->on = on != 0;
}

// Blanks around a rule are left out, so that a list can be written with ", ".
static struct Word trim(struct Word word) {
  while (word.length > 0 && *word.at == ' ') word = (struct Word){word.at + 1, word.length - 1};
  while (word.length > 0 && word.at[word.length - 1] == ' ') word.length--;
  return word;
}

static void read_rule(struct Settings* settings, struct Word word) {
  if (settings->rule_count == kMostRules) {
    complain(settings, "WARMLINE_RULES", "at most 32 rules", word);
  } else if (parse_rule(word, &settings->keepalive, &settings->rules[settings->rule_count])) {
    settings->rule_count++;
  } else {
    complain(settings, "WARMLINE_RULES", "a rule such as 10.0.0.0/8=60s/10s/3", word);
  }
}

static void read_rules(struct Settings* settings, LookUp* look_up) {
  const char* value = look_up("WARMLINE_RULES");
  if (value == NULL) return;
  for (struct Word rest = word_of(value); rest.at != NULL;) {
    struct Word word = trim(take_until(&rest, ','));
    if (word.length > 0) read_rule(settings, word);
  }
}

void read_settings(struct Settings* settings, LookUp* look_up) {
  settings->rule_count = 0;
  settings->complaint_count = 0;
  read_keepalive(settings, look_up);
  read_rules(settings, look_up);
}
