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

// What else is known of a recorded node, for the walks over trees that share its
// subtree: the subtree itself, the nodes in it (kept or not) and the levels below it.
typedef struct {
  const void *subtree; // NULL for a leaf that tree-sitter holds inside of its parent
  uint32_t seen, below;
} shared;

// One level of the walk: the recorded node or its nearest recorded ancestor, whether
// that node itself is recorded, and for shares how many nodes were seen before it and
// the deepest level below it so far.
typedef struct {
  int32_t node;
  bool own;
  uint64_t seen;
  uint32_t deepest;
} level;

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
  level *stack; // by depth
  uint32_t stack_cap;
  bool remember;     // others parse changes of this parser's texts
  bool remembered;   // shares is of the present nodes
  shared *shares;    // by recorded node
  uint32_t shares_cap;
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
  free(p->shares);
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

static bool grow_nodes(decoy_parser *p, uint64_t by) {
  if (p->n + by <= p->cap) return true;
  uint64_t cap = p->cap ? p->cap : 1 << 14;
  while (cap < p->n + by) cap *= 2;
  if (cap > INT32_MAX) return false;
  decoy_node *nodes = realloc(p->nodes, sizeof(decoy_node) * cap);
  if (!nodes) return false;
  p->nodes = nodes;
  p->cap = (uint32_t)cap;
  return true;
}

static bool grow_shares(decoy_parser *p) {
  if (p->shares_cap >= p->cap) return true;
  shared *shares = realloc(p->shares, sizeof(shared) * p->cap);
  if (!shares) return false;
  p->shares = shares;
  p->shares_cap = p->cap;
  return true;
}

static bool grow_stack(decoy_parser *p, uint32_t depth) {
  if (depth < p->stack_cap) return true;
  uint32_t cap = p->stack_cap ? p->stack_cap * 2 : 256;
  level *stack = realloc(p->stack, sizeof(level) * cap);
  if (!stack) return false;
  p->stack = stack;
  p->stack_cap = cap;
  return true;
}

// subtree_of is the object that holds a node, NULL for a leaf that is held inside of
// its parent. TSNode.id is the place of a Subtree: a pointer, or, with its lowest bit
// set, the leaf itself. Where two trees have the same object they have the same
// nodes: it is not changed while more than one tree refers to it.
static const void *subtree_of(TSNode node) {
  const void *subtree = *(const void *const *)node.id;
  return (uintptr_t)subtree & 1 ? NULL : subtree;
}

// Where a walk over a changed tree looks for what base's walk has recorded.
typedef struct {
  const decoy_parser *base;
  const decoy_edit *edit;
  uint32_t next; // the node of base behind the one that was taken last
  uint32_t taken; // nodes recorded from there
} source;

// recorded finds the node of base that is that subtree at a place, -1 for none. Nodes
// are in preorder, so their starts ascend.
static int64_t recorded(source *s, const void *subtree, uint32_t start) {
  const decoy_parser *b = s->base;
  if (s->next < b->n && b->shares[s->next].subtree == subtree && b->nodes[s->next].start == start) return s->next;
  uint32_t low = 0, high = b->n;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    if (b->nodes[mid].start < start)
      low = mid + 1;
    else
      high = mid;
  }
  for (; low < b->n && b->nodes[low].start == start; low++)
    if (b->shares[low].subtree == subtree) return low;
  return -1;
}

// take finds a node of the changed tree in base's. by is how far it has moved.
static int64_t take(source *s, TSNode node, int64_t *by) {
  const void *subtree = subtree_of(node);
  if (!subtree) return -1;
  uint32_t start = node.context[0];
  int64_t found = -1;
  if (start <= s->edit->start) {
    *by = 0;
    found = recorded(s, subtree, start);
  }
  if (found < 0 && start >= s->edit->new_end) {
    *by = (int64_t)s->edit->new_end - s->edit->old_end;
    found = recorded(s, subtree, start - (uint32_t)*by);
  }
  if (found >= 0) s->next = s->base->nodes[found].next;
  return found;
}

// copy records the descendants of a node of base as those of the node recorded last.
static void copy(decoy_parser *p, const decoy_parser *base, uint32_t node, int64_t by) {
  const uint32_t n = base->nodes[node].next - node - 1;
  const decoy_node *from = base->nodes + node + 1;
  decoy_node *to = p->nodes + p->n;
  memcpy(to, from, sizeof(decoy_node) * n);
  const int32_t moved = (int32_t)(p->n - 1) - (int32_t)node;
  if (moved || by) {
    for (uint32_t i = 0; i < n; i++) {
      to[i].start += (uint32_t)by;
      to[i].end += (uint32_t)by;
      to[i].parent += moved;
      to[i].next += (uint32_t)moved;
    }
  }
  p->n += n;
}

// walk records a tree's kept nodes. With a source, subtrees that the tree shares with
// base's are taken from there; where that would meet a limit it returns DECOY_AGAIN,
// as which limit a text meets first is decided by the walk over all of it.
enum { DECOY_AGAIN = -4 };

static int64_t walk(decoy_parser *p, TSNode root, decoy_limits limits, uint32_t *deepest, source *from) {
  if (p->has_cursor)
    ts_tree_cursor_reset(&p->cursor, root);
  else
    p->cursor = ts_tree_cursor_new(root), p->has_cursor = true;
  TSTreeCursor *c = &p->cursor;
  const bool broken = ts_node_has_error(root);
  const bool remember = p->remember && !from;
  p->n = 0;
  p->remembered = false;
  *deepest = 0;
  uint32_t depth = 0;
  for (uint64_t seen = 0;;) {
    if (depth > limits.depth) return from ? DECOY_AGAIN : DECOY_DEEP;
    if (!grow_stack(p, depth) || !grow_nodes(p, 1) || (remember && !grow_shares(p))) return DECOY_DEEP;
    level *l = &p->stack[depth];
    l->seen = seen;
    l->deepest = depth;
    if (++seen > limits.nodes) return from ? DECOY_AGAIN : DECOY_WORK;
    if (depth > *deepest) *deepest = depth;
    TSNode node = ts_tree_cursor_current_node(c);
    uint16_t symbol = ts_node_symbol(node);
    int32_t parent = depth ? p->stack[depth - 1].node : -1;
    uint8_t flags = 0;
    bool keep = symbol == symbol_error || depth == 0 || (symbol < p->symbols && p->keep[symbol]);
    if (broken) {
      if (symbol == symbol_error) flags |= DECOY_ERROR;
      if (ts_node_is_missing(node)) flags |= DECOY_MISSING, keep = true;
      if (ts_node_has_error(node)) flags |= DECOY_HAS_ERROR;
    }
    l->own = keep;
    bool whole = false;
    if (keep) {
      if (ts_node_is_named(node)) flags |= DECOY_NAMED;
      p->nodes[p->n] = (decoy_node){.start = node.context[0], .end = ts_node_end_byte(node), .parent = parent, .sym = symbol, .field = ts_tree_cursor_current_field_id(c), .flags = flags};
      if (remember) p->shares[p->n].subtree = subtree_of(node);
      l->node = (int32_t)p->n++;
      int64_t by = 0, same = from ? take(from, node, &by) : -1;
      if (same >= 0) {
        const shared *share = &from->base->shares[same];
        seen += share->seen - 1;
        if (depth + share->below > limits.depth || seen > limits.nodes) return DECOY_AGAIN;
        if (depth + share->below > *deepest) *deepest = depth + share->below;
        if (!grow_nodes(p, from->base->nodes[same].next - same)) return DECOY_DEEP;
        copy(p, from->base, (uint32_t)same, by);
        from->taken += from->base->nodes[same].next - (uint32_t)same;
        whole = true;
      }
    } else {
      l->node = parent;
    }
    if (!whole && ts_tree_cursor_goto_first_child(c)) {
      depth++;
      continue;
    }
    for (;;) {
      l = &p->stack[depth];
      if (l->own) {
        p->nodes[l->node].next = p->n;
        if (remember) {
          p->shares[l->node].seen = (uint32_t)(seen - l->seen);
          p->shares[l->node].below = l->deepest - depth;
        }
      }
      if (depth == 0) {
        p->remembered = remember;
        return p->n;
      }
      if (l->deepest > l[-1].deepest) l[-1].deepest = l->deepest;
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

static int64_t parse(decoy_parser *p, const TSTree *old, source *from, const char *src, uint32_t len, decoy_limits limits, decoy_result *out) {
  p->n = 0;
  p->remembered = false;
  out->depth = out->taken = 0;
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
  int64_t n = DECOY_AGAIN;
  if (from) {
    n = walk(p, ts_tree_root_node(tree), limits, &out->depth, from);
    if (n > 0) out->taken = from->taken;
  }
  if (n == DECOY_AGAIN) n = walk(p, ts_tree_root_node(tree), limits, &out->depth, NULL);
  out->nodes = p->nodes;
  return n;
}

int64_t decoy_parse(decoy_parser *p, const char *src, uint32_t len, decoy_limits limits, decoy_result *out) {
  return parse(p, NULL, NULL, src, len, limits, out);
}

int64_t decoy_parse_after(decoy_parser *p, decoy_parser *base, const decoy_edit *edit, const char *src, uint32_t len, bool whole, decoy_limits limits, decoy_result *out) {
  base->remember = true;
  if (!base->tree || p == base) return parse(p, NULL, NULL, src, len, limits, out);
  source from = {.base = base, .edit = edit};
  TSTree *old = ts_tree_copy(base->tree);
  ts_tree_edit(old, edit);
  int64_t n = parse(p, old, base->remembered && !whole ? &from : NULL, src, len, limits, out);
  ts_tree_delete(old);
  return n;
}

uint32_t decoy_symbol_count(const void *l) { return ts_language_symbol_count(l); }
const char *decoy_symbol_name(const void *l, uint32_t s) { return ts_language_symbol_name(l, s); }
int decoy_symbol_type(const void *l, uint32_t s) { return ts_language_symbol_type(l, s); }
uint32_t decoy_field_count(const void *l) { return ts_language_field_count(l); }
const char *decoy_field_name(const void *l, uint32_t f) { return ts_language_field_name_for_id(l, f); }
