// The work of a parse, counted by the allocations that it makes: a number that the
// text alone decides, whatever the machine is busy with. tree-sitter allocates
// through these functions from the start of the program on; they add no header, so
// what was allocated before can be freed by them.
#include "walk.h"

#include <stdio.h>
#include <stdlib.h>

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

static void *count_malloc(size_t n) { return checked(malloc(n), n); }
static void *count_calloc(size_t n, size_t size) { return checked(calloc(n, size), n * size); }
static void *count_realloc(void *p, size_t n) { return checked(realloc(p, n), n); }

__attribute__((constructor)) static void install(void) { ts_set_allocator(count_malloc, count_calloc, count_realloc, free); }

void decoy_work_start(uint64_t at_most, volatile size_t *flag) {
  *flag = 0;
  done = 0, limit = at_most, stop = flag;
}

uint64_t decoy_work_end(void) {
  limit = UINT64_MAX;
  return done;
}
