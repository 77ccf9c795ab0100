// Presets: the middleboxes that `PRESET` and rules know by name. The table is made from
// src/keepalive/presets.ts.
#pragma once

#include <stddef.h>

// What is derived for connections through it.
struct Preset {
  const char* name;
  int idle;      // seconds
  int interval;  // seconds
  int count;
};

extern const struct Preset kPresets[];
extern const size_t kPresetCount;
