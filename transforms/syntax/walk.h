#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One kept node of a tree, in preorder. parent is an index (-1 for the root),
// next the index after the last descendant.
typedef struct {
  uint32_t start, end;
  int32_t parent;
  uint32_t next;
  uint16_t sym, field;
  uint8_t flags, pad[3];
} decoy_node;

enum { DECOY_NAMED = 1, DECOY_ERROR = 2, DECOY_MISSING = 4, DECOY_HAS_ERROR = 8 };

// The bytes [start, old_end) became [start, new_end). TSInputEdit of tree-sitter.
typedef struct {
  uint32_t row, column;
} decoy_point;
typedef struct {
  uint32_t start, old_end, new_end;
  decoy_point start_point, old_end_point, new_end_point;
} decoy_edit;

typedef struct decoy_parser decoy_parser;

decoy_parser *decoy_parser_new(const void *language, uint64_t timeout_micros);
void decoy_parser_delete(decoy_parser *p);
// Sets keep[symbol] != 0 for the nodes to record; n symbols.
bool decoy_parser_keep(decoy_parser *p, const uint8_t *keep, uint32_t n);
// Limits of a parse: the work of its allocations (work.c) and the number of the
// tree's nodes.
typedef struct {
  uint32_t depth;
  uint64_t work, nodes;
} decoy_limits;
enum { DECOY_WALL = -1, DECOY_DEEP = -2, DECOY_WORK = -3 };

// What a parse gave: the kept nodes, the tree's depth, how many of the nodes are taken
// from another tree's, the work that it took.
typedef struct {
  decoy_node *nodes;
  uint32_t depth, taken;
  uint64_t work;
} decoy_result;

// Parses src and records its kept nodes in one call. Returns their number, or which
// limit was hit (DECOY_DEEP also where memory ran out). The records stay valid until
// the next call.
int64_t decoy_parse(decoy_parser *p, const char *src, uint32_t len, decoy_limits limits, decoy_result *out);
// The same for a text that differs from the last text of base, a parser of the same
// language, in one place: edit says where. What lies far from it is neither parsed nor
// walked again: where the two trees share a subtree, its records are base's. From the
// first such call on base remembers its records' subtrees; whole walks all, for tests.
int64_t decoy_parse_after(decoy_parser *p, decoy_parser *base, const decoy_edit *edit, const char *src, uint32_t len, bool whole, decoy_limits limits, decoy_result *out);

// Counts the work of tree-sitter's allocations in this thread; sets *flag when there
// is at_most of it.
void decoy_work_start(uint64_t at_most, volatile size_t *flag);
// Ends that, and says how much there was.
uint64_t decoy_work_end(void);

uint32_t decoy_symbol_count(const void *language);
const char *decoy_symbol_name(const void *language, uint32_t symbol);
int decoy_symbol_type(const void *language, uint32_t symbol);
uint32_t decoy_field_count(const void *language);
const char *decoy_field_name(const void *language, uint32_t field);
