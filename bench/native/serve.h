// Serve: the upstream of every path.
#pragma once

namespace warmline::bench {

// Listens on a port for each of
//   echo      sends back what it gets
//   source    sends as fast as it is read
//   bothWays  the same, and throws away what it gets
// and prints the ports as one line of JSON. Serves until standard input ends; the line `reset`
// there resets every connection.
void Serve();

}  // namespace warmline::bench
