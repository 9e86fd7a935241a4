// The work of a parse, counted by the allocations that it makes: a number that the
// text alone decides, whatever the machine is busy with. tree-sitter allocates
// through these functions from the start of the program on; they add no header, so
// what was allocated before can be freed by them.
#include "walk.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void ts_set_allocator(void *(*)(size_t), void *(*)(size_t, size_t), void *(*)(void *, size_t), void (*)(void *));

static _Thread_local uint64_t done, limit = UINT64_MAX;
static _Thread_local volatile size_t *stop;

// An allocation costs by itself and by what is copied into it: what is quadratic in
// a parse is the copying of arrays.
enum { each = 64 };

static void *checked(void *p, size_t size) {
  done += each + size;
  if (done >= limit) *stop = 1;
  if (!p && size) {
    fprintf(stderr, "tree-sitter: out of memory, %zu bytes\n", size);
    abort();
  }
  return p;
}

// Most of what a parse frees it asks for again at once: nodes of a few sizes. Each
// thread keeps freed blocks of up to `largest` bytes in lists by size, up to `kept`
// bytes of each list. They are malloc's blocks all the time, whichever thread frees
// them. (Of a parse's time malloc and free took a tenth.)
enum { step = 16, largest = 512, lists = largest / step + 1, kept = 64 << 10 };

struct block {
  struct block *next;
};
static _Thread_local struct {
  struct block *first;
  uint32_t bytes;
} freed[lists];

static void *take(size_t n) {
  if (n > largest) return malloc(n);
  size_t i = (n + step - 1) / step;
  struct block *b = freed[i].first;
  if (!b) return malloc(i * step);
  freed[i].first = b->next;
  freed[i].bytes -= i * step;
  return b;
}

static void give(void *p) {
  if (!p) return;
  size_t i = malloc_usable_size(p) / step; // every request of that many bytes fits
  if (i == 0 || i >= lists || freed[i].bytes + i * step > kept) {
    free(p);
    return;
  }
  struct block *b = p;
  b->next = freed[i].first;
  freed[i].first = b;
  freed[i].bytes += i * step;
}

static void *count_malloc(size_t n) { return checked(take(n), n); }

static void *count_calloc(size_t n, size_t size) {
  size_t all = n * size; // tree-sitter's products are of lengths in 32 bits
  void *p = take(all);
  return checked(p ? memset(p, 0, all) : p, all);
}

static void *count_realloc(void *p, size_t n) { return checked(p ? realloc(p, n) : take(n), n); }

// Between parses the arenas keep a little: to give back to the kernel what the next
// file takes again was one call in two files, and a page fault for each 4 KiB.
__attribute__((constructor)) static void install(void) {
  mallopt(M_TOP_PAD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ts_set_allocator(count_malloc, count_calloc, count_realloc, give);
}

void decoy_work_start(uint64_t at_most, volatile size_t *flag) {
  *flag = 0;
  done = 0, limit = at_most, stop = flag;
}

uint64_t decoy_work_end(void) {
  limit = UINT64_MAX;
  return done;
}
