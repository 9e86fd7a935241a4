"""Prints the standard library of the Python that runs it: "module: names", one a line, and the
attributes of built-in and often used types as "type NAME: names". Runs on Python 2.7 and later."""
import importlib
import io
import os
import pkgutil
import re
import sys

SKIP = {"antigravity", "this", "idlelib", "lib2to3", "test", "turtledemo", "__main__", "__phello__", "pip", "setuptools", "pkg_resources", "wheel"}
SKIP_SUBS = ("__main__", "tests", "test", "idle_test")
TYPES = """enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag abc.ABC typing.Generic typing.Protocol typing.NamedTuple threading.Thread
unittest.TestCase collections.OrderedDict collections.defaultdict collections.deque collections.Counter collections.abc.Mapping
collections.abc.MutableMapping collections.abc.Sequence collections.abc.Iterator collections.abc.Iterable collections.abc.Callable
pathlib.Path datetime.datetime datetime.timedelta datetime.date io.BytesIO io.StringIO argparse.ArgumentParser argparse.Action
logging.Logger logging.Handler logging.Formatter logging.Filter json.JSONEncoder json.JSONDecoder ast.NodeVisitor ast.NodeTransformer
string.Formatter html.parser.HTMLParser queue.Queue threading.Event contextlib.ContextDecorator contextlib.AbstractContextManager""".split()
NAME = re.compile(r"^[A-Za-z_]\w*$")


def modules():
    names = getattr(sys, "stdlib_module_names", None)
    if names:
        return sorted(names)
    lib = os.path.dirname(os.__file__)
    found = [m[1] for m in pkgutil.iter_modules([lib, os.path.join(lib, "lib-dynload")])]
    return sorted(set(found) | set(sys.builtin_module_names))


def put(head, names):
    out.write("%s: %s\n" % (head, " ".join(sorted(n for n in names if NAME.match(n)))))


def emit(name):
    try:
        m = importlib.import_module(name)
    except BaseException:
        return
    names = set(dir(m)) | set(n for n in getattr(m, "__all__", ()) if isinstance(n, str))
    subs = []
    if hasattr(m, "__path__"):
        subs = sorted(i[1] for i in pkgutil.iter_modules(m.__path__) if i[1] not in SKIP_SUBS)
    put(name, names | set(subs))
    for s in subs:
        emit(name + "." + s)


out = sys.stdout
sys.stdout = io.StringIO() if sys.version_info[0] > 2 else open(os.devnull, "w")
for name in modules():
    if name not in SKIP and not name.startswith("_"):
        emit(name)
builtin = importlib.import_module("builtins" if sys.version_info[0] > 2 else "__builtin__")
for name in sorted(dir(builtin)):
    if isinstance(getattr(builtin, name), type):
        put("type " + name, dir(getattr(builtin, name)))
for name in TYPES:
    mod, cls = name.rsplit(".", 1)
    try:
        o = getattr(importlib.import_module(mod), cls)
    except (ImportError, AttributeError):
        continue
    put("type " + name, dir(o) if isinstance(o, type) else dir(object))
out.flush()
