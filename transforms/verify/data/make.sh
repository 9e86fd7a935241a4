#!/bin/sh
# Writes the lists of this folder from the tool chains of the machine it runs on:
# go, python3, java (a JDK), node, g++ and the rust-docs component. Each list's
# first lines say what it was made from. Run it here: ./make.sh [list …]
#
# What other versions have stands in files of its own, named LIST_VERSION.txt and read
# after the list: python_versions.txt by scripts/names/python; java_25.txt and
# rust_97.txt by scripts/names/newer.py from lists of the other tool chain; go_1.27.txt
# from the text of api/go1.27.txt; cpp_26.txt from the words of microsoft/STL's headers.
#
# Format: "module: name name …", one module or type a line, names sorted. Go and
# Java types are lines of their own: "type module.Type: member …", with supertypes
# as "type a.B < c.D,e.F: member …". A Go function carries its count of
# parameters, "/2", or "/2+" where the last is variadic.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

list_go() {
cat > "$tmp/main.go" <<'X'
package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"os/exec"
	"runtime"
	"sort"
	"strings"
)

func main() {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		panic(err)
	}
	fmt.Printf("# The Go standard library's packages, exported names and types' members.\n# Made by data/make.sh from go list std and go/types, %s.\n", runtime.Version())
	fmt.Println("unsafe: Add/2 Alignof/1 ArbitraryType IntegerType Offsetof/1 Pointer Sizeof/1 Slice/2 SliceData/1 String/2 StringData/1")
	imp := importer.ForCompiler(token.NewFileSet(), "source", nil)
	for _, path := range strings.Fields(string(out)) {
		if strings.HasPrefix(path, "vendor/") || strings.Contains("/"+path+"/", "/internal/") || path == "unsafe" {
			continue
		}
		p, err := imp.Import(path)
		if err != nil {
			panic(err)
		}
		var names, rest []string
		for _, n := range p.Scope().Names() {
			o := p.Scope().Lookup(n)
			if !o.Exported() {
				continue
			}
			if f, ok := o.(*types.Func); ok {
				n += count(f.Type().(*types.Signature))
			}
			names = append(names, n)
			if t, ok := o.(*types.TypeName); ok {
				if m := members(t.Type(), p); len(m) > 0 {
					rest = append(rest, fmt.Sprintf("type %s.%s: %s", path, t.Name(), strings.Join(m, " ")))
				}
			}
		}
		fmt.Printf("%s: %s\n", path, strings.Join(names, " "))
		for _, r := range rest {
			fmt.Println(r)
		}
	}
}

func count(s *types.Signature) string {
	n := s.Params().Len()
	if s.Variadic() {
		return fmt.Sprintf("/%d+", n-1)
	}
	return fmt.Sprintf("/%d", n)
}

func members(t types.Type, p *types.Package) []string {
	seen := map[string]bool{}
	add := func(t types.Type) {
		ms := types.NewMethodSet(t)
		for i := range ms.Len() {
			if o := ms.At(i).Obj(); o.Exported() {
				seen[o.Name()+count(o.Type().(*types.Signature))] = true
			}
		}
	}
	add(t)
	if !types.IsInterface(t) {
		add(types.NewPointer(t))
	}
	var fields func(t types.Type, depth int)
	fields = func(t types.Type, depth int) {
		if ptr, ok := t.Underlying().(*types.Pointer); ok {
			t = ptr.Elem()
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok || depth > 3 {
			return
		}
		for i := range s.NumFields() {
			f := s.Field(i)
			if f.Exported() {
				seen[f.Name()] = true
			}
			if f.Embedded() {
				fields(f.Type(), depth+1)
			}
		}
	}
	fields(t, 0)
	var out []string
	for n := range seen {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}
X
(cd "$tmp" && CGO_ENABLED=0 GOFLAGS=-mod=mod go run main.go) > "$here/go.txt"
}

list_python() {
python3 -W ignore - > "$here/python.txt" <<'X'
import builtins, importlib, io, pkgutil, sys, contextlib
print("# The Python standard library's modules with their names and submodules, and the\n# attributes of built-in types. Made by data/make.sh from dir() and pkgutil, Python %s on %s." % (sys.version.split()[0], sys.platform))
skip = {"antigravity", "this", "idlelib", "lib2to3", "test", "turtledemo", "__main__"}
def emit(name):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            m = importlib.import_module(name)
    except BaseException:
        return
    names = set(dir(m)) | set(getattr(m, "__all__", ()))
    subs = []
    if hasattr(m, "__path__"):
        subs = [i.name for i in pkgutil.iter_modules(m.__path__) if i.name not in ("__main__", "tests", "test", "idle_test")]
    names |= set(subs)
    print("%s: %s" % (name, " ".join(sorted(n for n in names if n.isidentifier()))))
    for s in sorted(subs):
        emit(name + "." + s)
for name in sorted(sys.stdlib_module_names):
    if name not in skip and not name.startswith("_"):
        emit(name)
for name in sorted(dir(builtins)):
    o = getattr(builtins, name)
    if isinstance(o, type):
        print("type %s: %s" % (name, " ".join(sorted(dir(o)))))
for name in ["enum.Enum", "enum.IntEnum", "enum.Flag", "enum.IntFlag", "abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple", "threading.Thread", "unittest.TestCase", "collections.OrderedDict", "collections.defaultdict", "collections.deque", "collections.Counter", "collections.abc.Mapping", "collections.abc.MutableMapping", "collections.abc.Sequence", "collections.abc.Iterator", "collections.abc.Iterable", "collections.abc.Callable", "pathlib.Path", "datetime.datetime", "datetime.timedelta", "datetime.date", "io.BytesIO", "io.StringIO", "argparse.ArgumentParser", "argparse.Action", "logging.Logger", "logging.Handler", "logging.Formatter", "logging.Filter", "json.JSONEncoder", "json.JSONDecoder", "ast.NodeVisitor", "ast.NodeTransformer", "string.Formatter", "html.parser.HTMLParser", "queue.Queue", "threading.Event", "contextlib.ContextDecorator", "contextlib.AbstractContextManager"]:
    mod, cls = name.rsplit(".", 1)
    o = getattr(importlib.import_module(mod), cls)
    names = set(dir(o)) if isinstance(o, type) else set(dir(object))
    extra = {"threading.Thread": "name daemon ident native_id", "typing.NamedTuple": " ".join(dir(tuple)) + " _asdict _fields _field_defaults _make _replace", "logging.Logger": "name level parent propagate handlers disabled filters manager root", "logging.Handler": "level formatter lock filters name", "argparse.ArgumentParser": "prog usage epilog description argument_default prefix_chars conflict_handler add_help allow_abbrev exit_on_error formatter_class fromfile_prefix_chars", "argparse.Action": "option_strings dest nargs const default type choices required help metavar", "queue.Queue": "maxsize queue mutex not_empty not_full all_tasks_done unfinished_tasks", "json.JSONEncoder": "skipkeys ensure_ascii check_circular allow_nan sort_keys indent", "json.JSONDecoder": "object_hook parse_float parse_int parse_constant strict object_pairs_hook parse_object parse_array parse_string memo scan_once", "html.parser.HTMLParser": "rawdata lasttag interesting cdata_elem convert_charrefs offset lineno", "enum.Enum": "name value _value_ _name_ _missing_ _generate_next_value_ _ignore_ _order_"}
    extra["enum.IntEnum"] = extra["enum.Flag"] = extra["enum.IntFlag"] = extra["enum.Enum"]
    names |= set(extra.get(name, "").split())
    print("type %s: %s" % (name, " ".join(sorted(names))))
X
}

list_java() {
cat > "$tmp/L.java" <<'X'
import java.lang.module.*;
import java.lang.reflect.*;
import java.net.URI;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;

public class L {
  public static void main(String[] a) throws Exception {
    System.out.println("# The JDK's exported packages with their public classes, and the public and protected\n# members of the types of java.base. Made by data/make.sh from the jrt file system, JDK " + System.getProperty("java.version") + ".");
    FileSystem fs = FileSystems.getFileSystem(URI.create("jrt:/"));
    TreeMap<String, TreeSet<String>> packages = new TreeMap<>();
    TreeMap<String, String> types = new TreeMap<>();
    for (ModuleReference ref : new TreeSet<>(Comparator.comparing((ModuleReference r) -> r.descriptor().name())) {{ addAll(ModuleFinder.ofSystem().findAll()); }}) {
      if (!ref.descriptor().name().startsWith("java.")) continue;
      for (ModuleDescriptor.Exports e : ref.descriptor().exports()) {
        if (e.isQualified()) continue;
        Path dir = fs.getPath("/modules", ref.descriptor().name(), e.source().replace('.', '/'));
        try (Stream<Path> files = Files.list(dir)) {
          for (Path f : files.collect(Collectors.toList())) {
            String n = f.getFileName().toString();
            if (!n.endsWith(".class") || n.equals("package-info.class")) continue;
            Class<?> c;
            try { c = Class.forName(e.source() + "." + n.substring(0, n.length() - 6), false, null); } catch (Throwable t) {
              try { c = Class.forName(e.source() + "." + n.substring(0, n.length() - 6), false, ClassLoader.getPlatformClassLoader()); } catch (Throwable u) { continue; }
            }
            if ((c.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) == 0 || c.getCanonicalName() == null) continue;
            String local = c.getCanonicalName().substring(e.source().length() + 1);
            packages.computeIfAbsent(e.source(), k -> new TreeSet<>()).add(local);
            if (!ref.descriptor().name().equals("java.base")) continue;
            TreeSet<String> m = new TreeSet<>();
            try {
              for (Method x : c.getDeclaredMethods()) if (vis(x.getModifiers()) && !x.isSynthetic()) m.add(x.getName());
              for (Field x : c.getDeclaredFields()) if (vis(x.getModifiers()) && !x.isSynthetic()) m.add(x.getName());
              for (Class<?> x : c.getDeclaredClasses()) if (vis(x.getModifiers())) m.add(x.getSimpleName());
            } catch (Throwable t) { continue; }
            List<String> s = new ArrayList<>();
            // A supertype that is not exported gives its members to its subtypes.
            supers(c, s, m);
            types.put(c.getCanonicalName(), (s.isEmpty() ? "" : " < " + String.join(",", s)) + ": " + String.join(" ", m));
          }
        } catch (NoSuchFileException x) { }
      }
    }
    packages.forEach((p, names) -> System.out.println(p + ": " + String.join(" ", names)));
    types.forEach((t, rest) -> System.out.println("type " + t + rest));
  }
  static boolean vis(int m) { return (m & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0; }
  static void supers(Class<?> c, List<String> s, Set<String> m) {
    List<Class<?>> all = new ArrayList<>(Arrays.asList(c.getInterfaces()));
    if (c.getSuperclass() != null) all.add(0, c.getSuperclass());
    for (Class<?> p : all) {
      if (p == Object.class) continue;
      if (vis(p.getModifiers()) && p.getModule().isExported(p.getPackageName())) { if (!s.contains(p.getCanonicalName())) s.add(p.getCanonicalName()); continue; }
      for (Method x : p.getDeclaredMethods()) if (vis(x.getModifiers()) && !x.isSynthetic()) m.add(x.getName());
      for (Field x : p.getDeclaredFields()) if (vis(x.getModifiers()) && !x.isSynthetic()) m.add(x.getName());
      supers(p, s, m);
    }
  }
}
X
java "$tmp/L.java" > "$here/java.txt"
}

list_javascript() {
node --no-warnings - > "$here/javascript.txt" <<'X'
const m = require("module"), out = [];
console.log("# Node's core modules with their names, the global names, and the members of built-in\n# objects. Made by data/make.sh with node " + process.version + ".");
const names = o => { const s = new Set(); for (let p = o; p && p !== Object.prototype && p !== Function.prototype; p = Object.getPrototypeOf(p)) for (const k of Object.getOwnPropertyNames(p)) if (/^[A-Za-z_$][\w$]*$/.test(k)) s.add(k); return [...s].sort().join(" "); };
for (const k of m.builtinModules.filter(k => !k.startsWith("_")).concat("node:test", "node:test/reporters").sort()) { let v; try { v = require(k) } catch { continue } console.log(k.replace("node:", "") + ": " + names(v)); }
console.log("globals: " + Object.getOwnPropertyNames(globalThis).filter(k => /^[A-Za-z_$][\w$]*$/.test(k)).sort().join(" "));
for (const k of ["String", "Array", "Object", "Promise", "Map", "Set", "WeakMap", "WeakSet", "Number", "Boolean", "RegExp", "Date", "Function", "Symbol", "Error", "Uint8Array", "ArrayBuffer", "DataView"]) { console.log("type " + k + ": " + names(globalThis[k].prototype)); console.log("static " + k + ": " + names(globalThis[k])); }
for (const k of ["Math", "JSON", "Reflect", "Atomics", "Intl"]) console.log("static " + k + ": " + names(globalThis[k]));
console.log("type object: " + Object.getOwnPropertyNames(Object.prototype).sort().join(" "));
console.log("type function: " + Object.getOwnPropertyNames(Function.prototype).filter(k => /^\w+$/.test(k)).sort().join(" "));
X
}

list_cpp() {
{
echo "# The C++ and C standard and POSIX headers, the macros, functions and variables that they"
echo "# put into the global namespace, and all names that they write (a superset of namespace"
echo "# std). Made by data/make.sh with $(g++ --version | head -n1)."
cxx=$(ls -d /usr/include/c++/[0-9]* | head -n1)
std=$(cd "$cxx" && find . -maxdepth 1 -type f ! -name '*.h' | sed 's,^\./,,' | sort)
c="assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype"
posix="aio arpa/inet cpio dirent dlfcn fcntl fmtmsg fnmatch ftw getopt glob grp iconv langinfo libgen monetary mqueue ndbm net/if netdb netinet/in netinet/tcp nl_types poll pthread pwd regex sched search semaphore spawn strings stropts sys/ipc sys/mman sys/msg sys/resource sys/select sys/sem sys/shm sys/socket sys/stat sys/statvfs sys/time sys/times sys/types sys/uio sys/un sys/utsname sys/wait syslog tar termios trace ulimit unistd utime utmpx wordexp alloca malloc memory byteswap endian execinfo err sysexits sys/param sys/file sys/ioctl sys/sysinfo sys/syscall sys/epoll sys/eventfd sys/inotify sys/prctl sys/random sys/sendfile sys/timerfd sys/signalfd sys/xattr sys/vfs sys/cdefs features linux/limits"
echo "headers:" $std $(for h in $c; do echo "$h.h"; done) debugging hazard_pointer inplace_vector linalg rcu simd text_encoding contracts hive meta generator print mdspan flat_map flat_set expected stacktrace spanstream stdfloat
echo "posix:" $(for h in $posix; do echo "$h.h"; done)
: > "$tmp/all.cc"; : > "$tmp/c.c"
for h in $std; do echo "#include <$h>" | g++ -std=c++20 -x c++ -fsyntax-only - 2>/dev/null && echo "#include <$h>" >> "$tmp/all.cc"; done
for h in $c $posix; do echo "#include <$h.h>" | g++ -D_GNU_SOURCE -x c++ -fsyntax-only - 2>/dev/null && echo "#include <$h.h>" >> "$tmp/c.c"; done
cat "$tmp/c.c" >> "$tmp/all.cc"
g++ -std=c++20 -D_GNU_SOURCE -E -dM "$tmp/all.cc" | sed -n 's/^#define \([A-Za-z][A-Za-z0-9_]*\).*/\1/p' > "$tmp/global"
g++ -std=c++20 -D_GNU_SOURCE -P -E -x c++ "$tmp/c.c" > "$tmp/c.i"
grep -o '\b[a-zA-Z][A-Za-z0-9_]* *(' "$tmp/c.i" | tr -d ' (' >> "$tmp/global"
grep -o '\b[a-zA-Z][A-Za-z0-9_]*\(\[[^]]*\]\)* *[;=,}]' "$tmp/c.i" | grep -o '^[A-Za-z0-9_]*' >> "$tmp/global"
echo "global:" $(LC_ALL=C sort -u "$tmp/global")
echo "std:" $(g++ -std=c++20 -D_GNU_SOURCE -P -E "$tmp/all.cc" | grep -o '\b[a-zA-Z][A-Za-z0-9_]*' | LC_ALL=C sort -u)
} > "$here/cpp.txt"
}

list_rust() {
python3 - "$(rustc --print sysroot)/share/doc/rust/html" "$(rustc --version)" > "$here/rust.txt" <<'X'
import os, re, sys
root, version = sys.argv[1:]
print("# The modules of Rust's std, core and alloc with their items. Made by data/make.sh from\n# the rust-docs component, %s." % version)
mods = {}
for crate in ("std", "core", "alloc"):
    for d, dirs, files in os.walk(os.path.join(root, crate)):
        if "index.html" not in files:
            continue
        mod = os.path.relpath(d, root).replace(os.sep, "::")
        if "arch" in mod.split("::") or "simd" in mod.split("::"):
            continue
        names = mods.setdefault(mod, set())
        for f in files:
            m = re.match(r"(struct|enum|union|trait|traitalias|fn|macro|constant|static|type|derive|attr|primitive|keyword)\.([\w!]+)\.html$", f)
            if m:
                names.add(m.group(2).rstrip("!"))
        names |= {x for x in dirs if os.path.exists(os.path.join(d, x, "index.html"))}
        text = open(os.path.join(d, "index.html"), encoding="utf-8").read()
        names |= set(re.findall(r'id="reexport\.(\w+)"', text))
    for d, dirs, files in os.walk(os.path.join(root, crate)):
        if {"arch", "simd"} & set(d.split(os.sep)):
            continue
        for f in files:
            m = re.match(r"enum\.(\w+)\.html$", f)
            if m:
                text = open(os.path.join(d, f), encoding="utf-8").read()
                mods[os.path.relpath(d, root).replace(os.sep, "::") + "::" + m.group(1)] = set(re.findall(r'id="variant\.(\w+)"', text)) | set(re.findall(r'id="method\.(\w+)"', text))
for m in sorted(mods):
    print("%s: %s" % (m, " ".join(sorted(mods[m]))))
X
}

for l in ${@:-go python java javascript cpp rust}; do "list_$l"; done
