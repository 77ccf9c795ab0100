#include "preload/ours.h"

#include <limits.h>
#include <stdatomic.h>

enum { kMostDescriptors = 1 << 20, kWordBits = CHAR_BIT * sizeof(unsigned long) };

// 128 kB that are no memory before they are written to, a page at a time.
static atomic_ulong marks[kMostDescriptors / kWordBits];

static unsigned long mark_of(int fd) { return 1UL << ((unsigned)fd % kWordBits); }

void mark_ours(int fd) {
  if (fd >= kMostDescriptors) return;
  atomic_fetch_or_explicit(&marks[(unsigned)fd / kWordBits], mark_of(fd), memory_order_relaxed);
}

bool is_ours(int fd) {
  if (fd < 0 || fd >= kMostDescriptors) return false;
  unsigned long word = atomic_load_explicit(&marks[(unsigned)fd / kWordBits], memory_order_relaxed);
  return (word & mark_of(fd)) != 0;
}
