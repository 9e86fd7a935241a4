"""Prints what one list has beside another: newer.py BASE NEWER HEADING. Both are in the format of
transforms/verify/data/make.sh."""
import sys


def read(path):
    out = {}
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            head, _, names = line.rstrip("\n").partition(": ")
            key, _, supers = head.rstrip(":").partition(" < ")
            have = out.setdefault(key, (set(), set()))
            have[0].update(supers.split(",") if supers else ())
            have[1].update(n.split("/")[0] for n in names.split())
    return out


base, newer = read(sys.argv[1]), read(sys.argv[2])
print("# " + sys.argv[3])
for head in sorted(newer):
    old = base.get(head, (set(), set()))
    supers, names = newer[head][0] - old[0], newer[head][1] - old[1]
    if supers or names or head not in base:
        print("%s%s: %s" % (head, " < " + ",".join(sorted(supers)) if supers else "", " ".join(sorted(names))))
