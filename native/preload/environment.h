// Environment: what this process was started with. Read once, as libc has it then: what a program
// puts into its own environment later is for those that it starts.
#pragma once

#include "preload/settings.h"

// The settings; NULL when keepalive is off. A thread that asks while another one reads them, which
// can only be before main, gets NULL too: there are no locks.
const struct Settings* environment(void);

// Writes to standard error what was not understood, the first time that it is called.
// Async-signal-safe.
void warn_once(const struct Settings* settings);
