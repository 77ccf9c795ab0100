// Units: names for the numbers that the project passes around. Never parses; config/ does that.

/** Whole seconds. The kernel's keepalive times are whole seconds (tcp(7)). */
export type Seconds = number;

/** Milliseconds. */
export type Milliseconds = number;

/** Bytes. */
export type Bytes = number;

/** A TCP port, 0 to 65535; 0 asks the kernel for a free one. */
export type Port = number;
