"""Writes what several versions of Python have beside the list of one: python_merge.py BASE TYPESHED VERSION=DIR…

BASE is data/python.txt, TYPESHED the folder stdlib of typeshed's stubs (read whole, whichever version or platform a
name is for), each DIR what python_dir.py printed under that VERSION. Printed are the modules, names and members of
types that any of them has and BASE lacks: facts about the library, in the format of data/make.sh."""
import ast
import os
import sys


def read(path):
    out = {}
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            head, _, names = line.rstrip("\n").partition(": ")
            out.setdefault(head.rstrip(":"), set()).update(names.split())
    return out


def names_of(body, stars):
    """The names that a stub's statements bind, at any depth of conditions."""
    out = set()
    for s in body:
        if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            out.add(s.name)
        elif isinstance(s, ast.Assign):
            out |= {n.id for t in s.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            if "__all__" in out:
                out |= strings(s.value)
        elif isinstance(s, (ast.AnnAssign, ast.AugAssign)):
            out |= {n.id for n in ast.walk(s.target) if isinstance(n, ast.Name)}
            if isinstance(s, ast.AugAssign):
                out |= strings(s.value)
        elif isinstance(s, ast.ImportFrom):
            for a in s.names:
                if a.name == "*":
                    stars.append("." * s.level + (s.module or ""))
                if a.asname == a.name:  # a stub exports only what it imports under the same name
                    out.add(a.name)
        for field in ("body", "orelse", "handlers", "finalbody"):
            if not isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                out |= names_of(getattr(s, field, []), stars)
    return out - {"*"}


def strings(value):
    return {n.value for n in ast.walk(value) if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.isidentifier()}


def classes_of(body):
    out = {}
    for s in body:
        if isinstance(s, ast.ClassDef):
            out.setdefault(s.name, []).append(s)
        elif isinstance(s, ast.If):
            for k, v in list(classes_of(s.body).items()) + list(classes_of(s.orelse).items()):
                out.setdefault(k, []).extend(v)
    return out


def stubs(folder, wanted):
    """Names by module, and members by type for the types that the list names."""
    trees, out = {}, {}
    for d, _, files in os.walk(folder):
        for f in files:
            if f.endswith(".pyi"):
                path = os.path.relpath(os.path.join(d, f), folder)[:-4].replace(os.sep, ".")
                trees[path[: -len(".__init__")] if path.endswith(".__init__") else path] = (ast.parse(open(os.path.join(d, f)).read()), f == "__init__.pyi")
    stars = {}
    for m, (tree, package) in trees.items():
        found = []
        out[m] = names_of(tree.body, found)
        base = m.split(".") if package else m.split(".")[:-1]
        stars[m] = []
        for s in found:
            dots = len(s) - len(s.lstrip("."))
            up = base[: len(base) - dots + 1] if dots else []
            stars[m].append(".".join(up + ([s.lstrip(".")] if s.lstrip(".") else [])))
    for m in trees:
        outer, _, last = m.rpartition(".")
        if outer in out:
            out[outer].add(last)
    for _ in range(4):
        for m, from_ in stars.items():
            for s in from_:
                out[m] |= {n for n in out.get(s, ()) if not n.startswith("_")}
    by_name = {m: classes_of(t.body) for m, (t, _) in trees.items()}

    def members(m, name, depth=0):
        got = set()
        for c in by_name.get(m, {}).get(name, []) if depth < 8 else []:
            got |= names_of(c.body, [])
            for b in c.bases:
                b = b.value if isinstance(b, ast.Subscript) else b
                if isinstance(b, ast.Name):
                    got |= members(m, b.id, depth + 1) or members("builtins", b.id, depth + 1)
        return got

    for t in wanted:
        m, _, name = t[len("type "):].rpartition(".")
        got = members(m or "builtins", name)
        if got:
            out[t] = got
    private = lambda n: n.startswith("_") and not n.startswith("__") and not n.islower()  # type variables and protocols
    return {m: {x for x in n if not private(x)} for m, n in out.items() if not m.startswith("_") and m != "builtins"}


def main(base, typeshed, *versions):
    have = read(base)
    more = {}
    labels = []
    for v in versions:
        label, _, path = v.partition("=")
        labels.append(label)
        for head, names in read(path).items():
            more.setdefault(head, set()).update(names)
    for head, names in stubs(typeshed, [h for h in have if h.startswith("type ")]).items():
        more.setdefault(head, set()).update(names)
    print("# What other versions of Python have beside python.txt: modules, names and members of types of %s" % ", ".join(labels))
    print("# and of typeshed's stubs for all versions and platforms. Made by scripts/names/python.")
    for head in sorted(more):
        new = more[head] - have.get(head, set())
        if new or head not in have:
            print("%s: %s" % (head, " ".join(sorted(new))))


main(*sys.argv[1:])
