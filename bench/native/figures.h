// Figures: what `load drive` can do. Each connects, drives, and prints its numbers as one line of
// JSON; a connection that is lost meanwhile ends the program.
#pragma once

#include "options.h"

namespace warmline::bench {

// The upstream sends as fast as it is read.
void DriveBulk(const Options& options);
// Both sides send and read as fast as they can.
void DriveBothWays(const Options& options);
// Each connection sends 64 bytes, and the next when they have come back.
void DriveMessages(const Options& options);
// Each connection carries one message and its echo and is then closed by this side. `connections`
// are under way at a time.
void DriveConnects(const Options& options);
// Each connection carries one message and then rests, until standard input ends. Commands:
//   check   carries one more message on each and prints how many are alive
//   busy    sends messages on one more connection, one after the other
//   rest    ends that, and prints how long the longest took
//   end     waits until the relay has ended every connection, and prints how long that took
void DriveHold(const Options& options);

}  // namespace warmline::bench
