#pragma once
#include <stdbool.h>
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
// Parses src and records its kept nodes in one call. Returns their number, -1
// when the time limit was hit, -2 when memory ran out or the tree is deeper than
// max_depth. The records stay valid until the next call.
int64_t decoy_parse(decoy_parser *p, const char *src, uint32_t len, uint32_t max_depth, decoy_node **out, uint32_t *depth);
// The same for a text that differs from the last text of base, a parser of the same
// language, in one place: edit says where. What lies far from it is not parsed again.
int64_t decoy_parse_after(decoy_parser *p, const decoy_parser *base, const decoy_edit *edit, const char *src, uint32_t len, uint32_t max_depth, decoy_node **out, uint32_t *depth);

uint32_t decoy_symbol_count(const void *language);
const char *decoy_symbol_name(const void *language, uint32_t symbol);
int decoy_symbol_type(const void *language, uint32_t symbol);
uint32_t decoy_field_count(const void *language);
const char *decoy_field_name(const void *language, uint32_t field);
