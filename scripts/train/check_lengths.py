"""Tokenise an export as the trainers will, and refuse rows that are too long.

The last line, and the file --out, is one JSON object with the longest row's length.
Every completion has to end in exactly one stop token.

Exit codes: 0 done, 1 refused, 3 something that is needed is missing.
"""

import argparse
import glob
import json
import os
import sys
from pathlib import Path

BATCH = 256

# A tokenizer needs no torch, whose import would take longer than all else here.
os.environ.update(USE_TORCH="0", TRANSFORMERS_NO_ADVISORY_WARNINGS="1")


def stop(code, message):
    print(f"check_lengths: {message}", file=sys.stderr)
    sys.exit(code)


def rows(patterns, columns):
    import pyarrow.parquet as pq

    for pattern in patterns:
        files = sorted(glob.glob(pattern))
        if not files:
            stop(3, f"no file matches {pattern}: run decoy export")
        for name in files:
            for batch in pq.ParquetFile(name).iter_batches(BATCH, columns=columns):
                if batch.num_rows:
                    yield name, batch.to_pydict()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--model", type=Path, required=True, help="folder made by prepare_model.py")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--limit", type=int, default=0, help="longest row allowed, 0: the model's positions")
    p.add_argument("--stop-id", type=int, required=True)
    p.add_argument("--sft", action="append", default=[], help="pattern of Parquet files with prompt, completion")
    p.add_argument("--pairs", action="append", default=[], help="pattern of Parquet files with prompt, chosen, rejected")
    a = p.parse_args()
    try:
        import pyarrow.parquet  # noqa: F401
        from transformers import AutoConfig, AutoTokenizer
    except ImportError as e:
        stop(3, f"{e}: pip install -r {Path(__file__).with_name('requirements.txt')}")

    positions = getattr(AutoConfig.from_pretrained(a.model), "max_position_embeddings", None)
    limit = min(x for x in (a.limit or None, positions or None, 1 << 30) if x)
    tokenizer = AutoTokenizer.from_pretrained(a.model)
    # Rows longer than this only warn here; the limit below decides.
    tokenizer.model_max_length = 1 << 30

    count, tokens, too_long = 0, 0, 0
    longest = {"tokens": 0}
    sets = [(a.sft, ["completion"]), (a.pairs, ["chosen", "rejected"])]
    for patterns, sides in sets:
        for name, batch in rows(patterns, ["id", "prompt", *sides]):
            prompts = [len(x) for x in tokenizer(batch["prompt"])["input_ids"]]
            total = [0] * len(prompts)
            for side in sides:
                for i, ids in enumerate(tokenizer(batch[side])["input_ids"]):
                    if ids[-1:] != [a.stop_id] or ids.count(a.stop_id) != 1:
                        stop(1, f"{name}: row {batch['id'][i]}: {side} does not end in exactly one stop token")
                    total[i] = max(total[i], prompts[i] + len(ids))
            for row, n in zip(batch["id"], total):
                count, tokens = count + 1, tokens + n
                too_long += n > limit
                if n > longest["tokens"]:
                    longest = {"tokens": n, "id": row, "file": name}

    result = {"rows": count, "tokens": tokens, "longest": longest, "limit": limit, "positions": positions, "too_long": too_long}
    a.out.write_text(json.dumps(result) + "\n", encoding="utf-8")
    print(json.dumps(result))
    if too_long:
        stop(1, f"{too_long} of {count} rows are longer than {limit} tokens, the longest is row {longest['id']} "
                f"with {longest['tokens']}: no trainer may truncate. Make windows smaller (extract.prefix_bytes, "
                "extract.suffix_bytes) and export again, or raise the limit")


if __name__ == "__main__":
    main()
