// The walk over a tree-sitter tree. It declares the part of the C API that it
// uses; smacker/go-tree-sitter links the library in. The API of these functions
// has been stable since tree-sitter 0.20; the assertions below guard the layout
// of the two structs that are passed by value.
#include "walk.h"

#include <stdlib.h>
#include <string.h>

typedef struct TSLanguage TSLanguage;
typedef struct TSParser TSParser;
typedef struct TSTree TSTree;
typedef struct {
  uint32_t context[4];
  const void *id;
  const TSTree *tree;
} TSNode;
typedef struct {
  const void *tree;
  const void *id;
  uint32_t context[3];
} TSTreeCursor;
_Static_assert(sizeof(decoy_edit) == 36, "tree-sitter ABI");
_Static_assert(sizeof(TSNode) == 32 && sizeof(TSTreeCursor) == 32, "tree-sitter ABI");

extern TSParser *ts_parser_new(void);
extern void ts_parser_delete(TSParser *);
extern bool ts_parser_set_language(TSParser *, const TSLanguage *);
extern void ts_parser_set_timeout_micros(TSParser *, uint64_t);
extern void ts_parser_set_cancellation_flag(TSParser *, const size_t *);
extern TSTree *ts_parser_parse_string(TSParser *, const TSTree *, const char *, uint32_t);
extern void ts_parser_reset(TSParser *);
extern void ts_tree_delete(TSTree *);
extern TSTree *ts_tree_copy(const TSTree *);
extern void ts_tree_edit(TSTree *, const decoy_edit *);
extern TSNode ts_tree_root_node(const TSTree *);
extern uint32_t ts_node_end_byte(TSNode);
extern uint16_t ts_node_symbol(TSNode);
extern bool ts_node_is_named(TSNode);
extern bool ts_node_is_missing(TSNode);
extern bool ts_node_has_error(TSNode);
extern TSTreeCursor ts_tree_cursor_new(TSNode);
extern void ts_tree_cursor_delete(TSTreeCursor *);
extern void ts_tree_cursor_reset(TSTreeCursor *, TSNode);
extern TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
extern uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *);
extern bool ts_tree_cursor_goto_parent(TSTreeCursor *);
extern bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
extern bool ts_tree_cursor_goto_first_child(TSTreeCursor *);
extern uint32_t ts_language_symbol_count(const TSLanguage *);
extern const char *ts_language_symbol_name(const TSLanguage *, uint16_t);
extern int ts_language_symbol_type(const TSLanguage *, uint16_t);
extern uint32_t ts_language_field_count(const TSLanguage *);
extern const char *ts_language_field_name_for_id(const TSLanguage *, uint16_t);

static const uint16_t symbol_error = UINT16_MAX; // ts_builtin_sym_error

struct decoy_parser {
  TSParser *parser;
  const void *language;
  uint64_t timeout_micros;
  bool used;   // the parser holds memory of an earlier text
  size_t stop; // the parser's cancellation flag, set at the work limit
  TSTree *tree; // of the last text
  TSTreeCursor cursor;
  bool has_cursor;
  uint8_t *keep;
  uint32_t symbols;
  decoy_node *nodes;
  uint32_t n, cap;
  int32_t *stack; // by depth: the recorded node, or its nearest recorded ancestor
  uint8_t *own;   // by depth: whether that node itself is recorded
  uint32_t stack_cap;
};

static bool renew(decoy_parser *p) {
  if (p->parser) ts_parser_delete(p->parser);
  p->used = false;
  p->parser = ts_parser_new();
  if (!p->parser || !ts_parser_set_language(p->parser, p->language)) return false;
  ts_parser_set_timeout_micros(p->parser, p->timeout_micros);
  ts_parser_set_cancellation_flag(p->parser, &p->stop);
  return true;
}

decoy_parser *decoy_parser_new(const void *language, uint64_t timeout_micros) {
  decoy_parser *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->language = language;
  p->timeout_micros = timeout_micros;
  if (!renew(p)) {
    decoy_parser_delete(p);
    return NULL;
  }
  return p;
}

void decoy_parser_delete(decoy_parser *p) {
  if (p->has_cursor) ts_tree_cursor_delete(&p->cursor);
  if (p->tree) ts_tree_delete(p->tree);
  if (p->parser) ts_parser_delete(p->parser);
  free(p->keep);
  free(p->nodes);
  free(p->stack);
  free(p->own);
  free(p);
}

bool decoy_parser_keep(decoy_parser *p, const uint8_t *keep, uint32_t n) {
  uint8_t *copy = malloc(n);
  if (!copy) return false;
  memcpy(copy, keep, n);
  free(p->keep);
  p->keep = copy;
  p->symbols = n;
  return true;
}

static bool grow_nodes(decoy_parser *p) {
  if (p->n < p->cap) return true;
  uint32_t cap = p->cap ? p->cap * 2 : 1 << 14;
  decoy_node *nodes = realloc(p->nodes, sizeof(decoy_node) * cap);
  if (!nodes) return false;
  p->nodes = nodes;
  p->cap = cap;
  return true;
}

static bool grow_stack(decoy_parser *p, uint32_t depth) {
  if (depth < p->stack_cap) return true;
  uint32_t cap = p->stack_cap ? p->stack_cap * 2 : 256;
  int32_t *stack = realloc(p->stack, sizeof(int32_t) * cap);
  if (!stack) return false;
  p->stack = stack;
  uint8_t *own = realloc(p->own, cap);
  if (!own) return false;
  p->own = own;
  p->stack_cap = cap;
  return true;
}

static int64_t walk(decoy_parser *p, TSNode root, decoy_limits limits, uint32_t *deepest) {
  if (p->has_cursor)
    ts_tree_cursor_reset(&p->cursor, root);
  else
    p->cursor = ts_tree_cursor_new(root), p->has_cursor = true;
  TSTreeCursor *c = &p->cursor;
  const bool broken = ts_node_has_error(root);
  uint32_t depth = 0;
  for (uint64_t seen = 0;;) {
    if (depth > limits.depth || !grow_stack(p, depth) || !grow_nodes(p)) return DECOY_DEEP;
    if (++seen > limits.nodes) return DECOY_WORK;
    if (depth > *deepest) *deepest = depth;
    TSNode node = ts_tree_cursor_current_node(c);
    uint16_t symbol = ts_node_symbol(node);
    int32_t parent = depth ? p->stack[depth - 1] : -1;
    uint8_t flags = 0;
    bool keep = symbol == symbol_error || depth == 0 || (symbol < p->symbols && p->keep[symbol]);
    if (broken) {
      if (symbol == symbol_error) flags |= DECOY_ERROR;
      if (ts_node_is_missing(node)) flags |= DECOY_MISSING, keep = true;
      if (ts_node_has_error(node)) flags |= DECOY_HAS_ERROR;
    }
    p->own[depth] = keep;
    if (keep) {
      if (ts_node_is_named(node)) flags |= DECOY_NAMED;
      p->nodes[p->n] = (decoy_node){.start = node.context[0], .end = ts_node_end_byte(node), .parent = parent, .sym = symbol, .field = ts_tree_cursor_current_field_id(c), .flags = flags};
      p->stack[depth] = (int32_t)p->n++;
    } else {
      p->stack[depth] = parent;
    }
    if (ts_tree_cursor_goto_first_child(c)) {
      depth++;
      continue;
    }
    for (;;) {
      if (p->own[depth]) p->nodes[p->stack[depth]].next = p->n;
      if (depth == 0) return p->n;
      if (ts_tree_cursor_goto_next_sibling(c)) break;
      ts_tree_cursor_goto_parent(c);
      depth--;
    }
  }
}

static TSTree *counted(decoy_parser *p, const TSTree *old, const char *src, uint32_t len, uint64_t limit, uint64_t *work) {
  decoy_work_start(limit, &p->stop);
  TSTree *tree = ts_parser_parse_string(p->parser, old, src, len);
  *work = decoy_work_end();
  p->used = true;
  // Without the reset the next parse would go on with the old text and return a
  // wrong tree.
  if (!tree) ts_parser_reset(p->parser);
  return tree;
}

static int64_t parse(decoy_parser *p, const TSTree *old, const char *src, uint32_t len, decoy_limits limits, decoy_result *out) {
  p->n = 0;
  out->depth = 0;
  const bool reused = p->used;
  TSTree *tree = counted(p, old, src, len, limits.work, &out->work);
  // A parser that has parsed before holds memory and allocates a little less. So
  // that the text alone decides, what comes near the limit is asked of a new one.
  if (tree && reused && out->work < limits.work && out->work > limits.work / 2) {
    ts_tree_delete(tree);
    if (!renew(p)) return DECOY_DEEP;
    tree = counted(p, old, src, len, limits.work, &out->work);
  }
  if (p->tree) ts_tree_delete(p->tree);
  p->tree = tree;
  if (out->work >= limits.work) return DECOY_WORK;
  if (!tree) return DECOY_WALL;
  int64_t n = walk(p, ts_tree_root_node(tree), limits, &out->depth);
  out->nodes = p->nodes;
  return n;
}

int64_t decoy_parse(decoy_parser *p, const char *src, uint32_t len, decoy_limits limits, decoy_result *out) {
  return parse(p, NULL, src, len, limits, out);
}

int64_t decoy_parse_after(decoy_parser *p, const decoy_parser *base, const decoy_edit *edit, const char *src, uint32_t len, decoy_limits limits, decoy_result *out) {
  if (!base->tree) return parse(p, NULL, src, len, limits, out);
  TSTree *old = ts_tree_copy(base->tree);
  ts_tree_edit(old, edit);
  int64_t n = parse(p, old, src, len, limits, out);
  ts_tree_delete(old);
  return n;
}

uint32_t decoy_symbol_count(const void *l) { return ts_language_symbol_count(l); }
const char *decoy_symbol_name(const void *l, uint32_t s) { return ts_language_symbol_name(l, s); }
int decoy_symbol_type(const void *l, uint32_t s) { return ts_language_symbol_type(l, s); }
uint32_t decoy_field_count(const void *l) { return ts_language_field_count(l); }
const char *decoy_field_name(const void *l, uint32_t f) { return ts_language_field_name_for_id(l, f); }
