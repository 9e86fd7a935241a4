"""Read an export as its users will, and compare.

    pip install -r scripts/readers/requirements.txt     # Python 3.11
    python scripts/readers/check.py OUT WORK

1. Every row through jsonl.zst (pyarrow, DuckDB), Parquet (pyarrow, DuckDB),
   tfrecord.gz (PyPI's tfrecord, no description, as nulls are absent features) and
   datasets.load_dataset(OUT/export): the same ids and values, by sha256 of each
   row's canonical JSON. TFRecord floats have 32 bits and are compared as such.
   A split without rows is in none of them. Each configuration of the card holds the
   splits and rows that its files do.
2. decoy train for each trainer and method with a tiny model made here
   (make_model.py): what the trainer's own first batch bears loss on (first_batch.py).
3. Some steps of each on the CPU, on the shortest rows, and the tuned model's eos.

With --formats only 1 is done; that needs datasets, zstandard, tfrecord and duckdb alone.

The last line is one JSON object; the exit code is 1 if anything differs.
"""

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is left in the source tree

SPLITS = "train", "validation", "test"
STOP = 151643
REPO = Path(__file__).resolve().parents[2]
SHORT = 64  # rows of a set in a training run,
SHORT_PROMPT = 2500  # each of at most so many characters


def canonical(row, floats, single=False):
    """sha256 of a row. Absent and null are the same, and so are JSON's 0 and 0.0 in a
    column of floats; single rounds those to 32 bits."""
    kept = {k: v for k, v in row.items() if v is not None}
    for k in floats & kept.keys():
        kept[k] = struct.unpack("f", struct.pack("f", kept[k]))[0] if single else float(kept[k])
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def jsonl_pyarrow(files):
    import pyarrow as pa

    for f in files:
        with pa.OSFile(str(f)) as raw, pa.CompressedInputStream(raw, "zstd") as stream:
            for line in stream.read().decode("utf-8").split("\n"):
                if line:
                    yield json.loads(line)


def parquet_pyarrow(files):
    import pyarrow.parquet as pq

    for f in files:
        for batch in pq.ParquetFile(f).iter_batches(1000):
            yield from batch.to_pylist()


def duckdb_rows(query):
    def read(files):
        import duckdb

        with duckdb.connect() as db:
            for f in files:
                cursor = db.execute(query, [str(f)])
                names = [d[0] for d in cursor.description]
                while batch := cursor.fetchmany(1000):
                    yield from (dict(zip(names, r)) for r in batch)

    return read


def tfrecord_rows(floats):
    def read(files):
        from tfrecord.reader import tfrecord_loader

        for f in files:
            for r in tfrecord_loader(str(f), None, description=None, compression_type="gzip"):
                out = {}
                for name, v in r.items():
                    if isinstance(v, bytes):
                        out[name] = v.decode("utf-8")
                    else:
                        out[name] = float(v[0]) if name in floats else int(v[0])
                yield out

    return read


def through_datasets(export, split):
    from datasets import load_dataset

    return iter(load_dataset(str(export), split=split))


def compare_formats(export):
    import pyarrow as pa
    import pyarrow.parquet as pq

    result, problems = {}, []
    first = next(iter(sorted(export.glob("*.parquet"))))
    floats = {f.name for f in pq.read_schema(first) if pa.types.is_floating(f.type)}
    for split in written(export):
        files = {ext: sorted(export.glob(f"{split}-*.{ext}")) for ext in ("jsonl.zst", "parquet", "tfrecord.gz")}
        readers = {
            "jsonl by pyarrow": lambda: jsonl_pyarrow(files["jsonl.zst"]),
            "jsonl by duckdb": lambda: duckdb_rows("SELECT * FROM read_json(?, format='newline_delimited', compression='zstd', maximum_object_size=67108864, sample_size=-1)")(files["jsonl.zst"]),
            "parquet by pyarrow": lambda: parquet_pyarrow(files["parquet"]),
            "parquet by duckdb": lambda: duckdb_rows("SELECT * FROM read_parquet(?)")(files["parquet"]),
            "tfrecord by tfrecord": lambda: tfrecord_rows(floats)(files["tfrecord.gz"]),
            "datasets.load_dataset": lambda: through_datasets(export, split),
        }
        base, seen = None, {}
        for name, read in readers.items():
            single = name.startswith("tfrecord")
            rows, repeated = {}, 0
            try:
                for r in read():
                    repeated += r["id"] in rows
                    rows[r["id"]] = canonical(r, floats), canonical(r, floats, single=True)
            except Exception as e:  # a reader that fails is a result of this check
                problems.append(f"{split}: {name}: {type(e).__name__}: {e}")
                continue
            seen[name] = len(rows)
            if repeated:
                problems.append(f"{split}: {name}: {repeated} ids occur twice")
            if base is None:
                base = rows
                continue
            differ = [i for i in base.keys() | rows.keys() if base.get(i, (0, 0))[single] != rows.get(i, (0, 0))[single]]
            if differ:
                problems.append(f"{split}: {name} differs from jsonl in {len(differ)} rows, such as {min(differ)}")
        result[split] = seen
    return result, problems


def written(export):
    """The splits that have a file."""
    return [s for s in SPLITS if any(export.glob(f"{s}-*.parquet"))]


def compare_configurations(export):
    """load_dataset of each configuration against the files of its folder."""
    from datasets import get_dataset_config_names, load_dataset

    result, problems = {}, []
    folders = {"default": export, "sft": export / "trl" / "sft", "pairs": export / "trl" / "pairs"}
    for name, folder in folders.items():
        rows = {s: sum(1 for _ in parquet_pyarrow(sorted(folder.glob(f"{s}-*.parquet")))) for s in SPLITS}
        rows = {s: n for s, n in rows.items() if n}
        if (name in get_dataset_config_names(str(export))) != bool(rows):
            problems.append(f"configuration {name}: it is there although no file has a row, or is missing")
            continue
        try:
            result[name] = {s: d.num_rows for s, d in load_dataset(str(export), name).items()} if rows else {}
        except Exception as e:  # what it cannot load is a result of this check
            problems.append(f"configuration {name}: {type(e).__name__}: {e}")
            continue
        if result[name] != rows:
            problems.append(f"configuration {name}: load_dataset gives {result[name]}, the files hold {rows}")
    return result, problems


def compare_trainer_sets(export):
    """Trainer rows against the export's: which contexts, how often, what text."""
    result, problems = {}, []
    for split in SPLITS:
        rows = list(parquet_pyarrow(sorted(export.glob(f"{split}-*.parquet"))))
        prompts = {r["context_id"]: f"<|fim_prefix|>{r['prefix']}<|fim_suffix|>{r['suffix']}<|fim_middle|>" for r in rows}
        goldens = {r["context_id"]: r["chosen"] + "<|endoftext|>" for r in rows}
        negatives = {(r["context_id"], r["rejected"] + "<|endoftext|>") for r in rows if r["rejected"] is not None}
        for r in rows:
            if "\r" in r["prefix"] + r["chosen"] + r["suffix"] + (r["rejected"] or "") or r["prefix"].startswith("\ufeff"):
                problems.append(f"{split}: row {r['id']} holds a CR or a byte order mark")
        for trainer in ("trl", "llamafactory") if split == "train" else ("trl",):
            sft = list(parquet_pyarrow(sorted((export / trainer / "sft").glob(f"{split}-*.parquet"))))
            pairs = list(parquet_pyarrow(sorted((export / trainer / "pairs").glob(f"{split}-*.parquet"))))
            where = f"{trainer}, {split}"
            result[where] = {"sft": len(sft), "pairs": len(pairs)}
            if sorted(r["context_id"] for r in sft) != sorted(goldens):
                problems.append(f"{where}: SFT does not hold each context once")
            if len({r["context_id"] for r in pairs}) != len(pairs):
                problems.append(f"{where}: a context has two pairs")
            for r in sft:
                if (r["prompt"], r["completion"]) != (prompts.get(r["context_id"]), goldens.get(r["context_id"])):
                    problems.append(f"{where}: SFT row {r['id']} is not its export row")
            for r in pairs:
                c = r["context_id"]
                if (r["prompt"], r["chosen"]) != (prompts.get(c), goldens.get(c)) or (c, r["rejected"]) not in negatives:
                    problems.append(f"{where}: pair {r['id']} is not its export row")
    return result, problems


def shorten(export, to):
    """An export of the shortest rows, half of the supervised ones general."""
    import pyarrow.parquet as pq

    for trainer, name in [(t, s) for t in ("trl", "llamafactory") for s in ("sft", "pairs")]:
        for split in SPLITS if trainer == "trl" else ("train",):
            files = sorted((export / trainer / name).glob(f"{split}-*.parquet"))
            if not files:
                continue
            table = pq.read_table(files)
            rows = [r for r in table.to_pylist() if len(r["prompt"]) <= SHORT_PROMPT]
            rows.sort(key=lambda r: (len(r["prompt"]), r["id"]))
            if name == "sft":
                general = [r for r in rows if r["kind"] in ("line", "lines", "random")]
                rows = general[: SHORT // 2] + [r for r in rows if r not in general][: SHORT // 2]
            out = to / "export" / trainer / name / f"{split}-00000-of-00001.parquet"
            out.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(type(table).from_pylist(rows[: SHORT if split == "train" else 8], schema=table.schema), out)
    (to / "export" / "llamafactory" / "dataset_info.json").write_bytes((export / "llamafactory" / "dataset_info.json").read_bytes())


def run(argv, log):
    with open(log, "ab") as f:
        f.write((" ".join(map(str, argv)) + "\n").encode())
        f.flush()
        return subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=f, check=False)


def train(a, decoy, model, out, method, trainer, launcher, name):
    """decoy train. The vocabulary is Qwen's, so that a step needs 0.6 MB a token and
    copy: training takes one row at once, where a first batch takes four."""
    each = 4 if launcher == "print" else 1
    run_dir = a.work / "runs" / f"{name}-{trainer}-{method}"
    log = a.work / f"{name}-{trainer}-{method}.log"
    done = run([
        decoy, "train", out, "--method", method, "--trainer", trainer, "--launcher", launcher, "--model", model, "--run-dir", run_dir,
        "--python", sys.executable, "--cpu", "--steps", a.steps or 1, "--batch", 4, "--per-device", each,
    ], log)
    with open(log, "ab") as f:
        f.write(done.stdout)
    return done.returncode, run_dir, log


def check_trainers(a, export, model):
    batches, steps, problems = {}, {}, []
    decoy = a.decoy
    if decoy is None:
        decoy = a.work / "decoy"
        subprocess.run(["go", "build", "-o", decoy, "./runners/decoy"], cwd=REPO, check=True)
    short = a.work / "short"
    shorten(export, short)
    for trainer in "trl", "llamafactory":
        for method in "sft", "dpo", "orpo":
            name = f"{trainer} {method}"
            code, run_dir, log = train(a, decoy, model, export.parent, method, trainer, "print", "batch")
            if code:
                problems.append(f"{name}: decoy train --launcher print exits {code}, see {log}")
                continue
            done = run([sys.executable, Path(__file__).with_name("first_batch.py"), run_dir, trainer, export], log)
            if done.returncode:
                problems.append(f"{name}: first_batch.py exits {done.returncode}, see {log}")
                continue
            b = batches[name] = json.loads(done.stdout.splitlines()[-1])
            if b["last_unmasked"] != [STOP] or b["first_unmasked_is_first_of_completion"] != b["sequences"] or b["wrong"]:
                problems.append(f"{name}: first batch: {b}")
            if STOP in b["padding_ids"]:
                problems.append(f"{name}: the stop is the padding")
            if not a.steps:
                continue
            code, run_dir, log = train(a, decoy, model, short, method, trainer, "local", "steps")
            if code:
                problems.append(f"{name}: decoy train --launcher local exits {code}, see {log}")
                continue
            saved = json.loads((run_dir / "out" / "generation_config.json").read_text())["eos_token_id"]
            steps[name] = {"steps": a.steps, "saved_eos": saved}
            if saved not in (STOP, [STOP]):
                problems.append(f"{name}: the tuned model's eos is {saved}")
    return batches, steps, problems


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out", type=Path, help="folder of a build")
    p.add_argument("work", type=Path, help="folder to work in, new or empty")
    p.add_argument("--decoy", type=Path, help="the command, built here if absent")
    p.add_argument("--steps", type=int, default=2, help="steps of each training run, 0 for none")
    p.add_argument("--formats", action="store_true", help="compare what readers give, and train nothing")
    a = p.parse_args()
    a.out, a.work = a.out.resolve(), a.work.resolve()
    a.work.mkdir(parents=True, exist_ok=True)
    if any(a.work.iterdir()):
        p.error(f"{a.work} is not empty")
    # Nothing is fetched, and no cache of an earlier export is read.
    os.environ.update(HF_HOME=str(a.work / "hf"), HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", DO_NOT_TRACK="1", WANDB_DISABLED="true")
    export = a.out / "export"
    if not any(export.glob("*.parquet")):
        p.error(f"{export} holds no *.parquet: run decoy export with the formats jsonl, tfrecord, parquet")

    formats, problems = compare_formats(export)
    sets, more = compare_trainer_sets(export)
    problems += more
    configurations, more = compare_configurations(export)
    problems += more
    batches, steps, substituted = {}, {}, None
    if not a.formats:
        from make_model import make

        texts = (r["prefix"] + r["chosen"] + r["suffix"] for r in parquet_pyarrow(sorted(export.glob("train-*.parquet"))[:4]))
        substituted = make(a.work / "model", texts)
        batches, steps, more = check_trainers(a, export, a.work / "model")
        problems += more
    for x in problems[:50]:
        print("differs:", x, file=sys.stderr)
    print(json.dumps({
        "ok": not problems, "rows": formats, "configurations": configurations, "trainer_rows": sets, "first_batch": batches, "training": steps,
        "substituted": substituted, "problems": len(problems), "first_problems": problems[:10],
    }, ensure_ascii=False))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
