from __future__ import annotations
import os.path as osp, sys
from .x import y as z
from ..pkg import *
import a.b

K: int = 3
a, (b, *c) = 1, (2, 3)

@dec(1)
class Foo(Base, metaclass=M):
    attr: str = "x"
    other = Foo()

    def __init__(self, p, /, q: int = 1, *args, kw, kw2=2, **rest) -> None:
        self.p = p
        self.q: int = q

    @staticmethod
    def make(x): return Foo(x, q=1, **x)

    async def m(self):
        with open("f") as fh, x as (u, v):
            pass
        for i, j in self.items():
            print(f"{i} {j!r}", file=sys.stderr)
        try:
            import late
        except (E, F) as e:
            raise
        n = [k for k in range(3) if k]
        if (wal := self.p) and lambda t, *r: t:
            del n
        global G
        G = 1
        n += 1
        x: Foo = mod.Foo()
        match n:
            case {"a": aa, **rest2}: pass
            case Pt(x=xx): pass
        return super().m(n, *xs)

def outer():
    v = 1
    def inner(): 
        nonlocal v
        v = 2
    type(v)
