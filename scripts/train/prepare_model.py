"""Make a view of a model's folder in which the FIM stop is the eos token.

Weights and vocabulary are linked, the few small files that name special tokens are
rewritten: eos = the stop, padding = another token, no BOS, no chat template. Both
trainers save a tokenizer and a generation configuration with the tuned model, so
the tuned model stops where its completions stop.

Exit codes: 0 done, 1 refused, 3 something that is needed is missing.
"""

import argparse
import json
import os
import sys
from pathlib import Path

REWRITTEN = {"tokenizer_config.json", "special_tokens_map.json", "generation_config.json", "config.json"}
LEFT_OUT = {"chat_template.jinja", "chat_template.json"}

# A tokenizer needs no torch, whose import would take longer than all else here.
os.environ.update(USE_TORCH="0", TRANSFORMERS_NO_ADVISORY_WARNINGS="1")


def stop(code, message):
    print(f"prepare_model: {message}", file=sys.stderr)
    sys.exit(code)


def load(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--model", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--stop", required=True)
    p.add_argument("--stop-id", type=int, required=True)
    p.add_argument("--pad", required=True)
    p.add_argument("--pad-id", type=int, required=True)
    a = p.parse_args()
    if not a.model.is_dir():
        stop(3, f"{a.model} is not a folder: download the model, then name its folder")
    if not (a.model / "tokenizer.json").exists() and not (a.model / "vocab.json").exists():
        stop(3, f"{a.model} has no tokenizer (tokenizer.json, or vocab.json and merges.txt)")
    try:
        from transformers import AutoTokenizer
    except ImportError as e:
        stop(3, f"{e}: pip install -r {Path(__file__).with_name('requirements.txt')}")

    a.out.mkdir(parents=True, exist_ok=True)
    for old in sorted(a.out.iterdir()):
        if not old.is_symlink() and old.name not in REWRITTEN or a.out.resolve() == a.model.resolve():
            stop(1, f"{old} was not made by this script: choose another folder")
        old.unlink()
    for f in sorted(a.model.iterdir()):
        if f.is_file() and f.name not in REWRITTEN | LEFT_OUT:
            os.symlink(f.resolve(), a.out / f.name)

    files = {name: load(a.model / name) for name in REWRITTEN}
    tokens = {"eos_token": a.stop, "pad_token": a.pad, "bos_token": None}
    ids = {"eos_token_id": a.stop_id, "pad_token_id": a.pad_id, "bos_token_id": None}
    files["tokenizer_config.json"].update(tokens, add_bos_token=False, add_eos_token=False)
    files["tokenizer_config.json"].pop("chat_template", None)
    files["special_tokens_map.json"].update(eos_token=a.stop, pad_token=a.pad)
    files["special_tokens_map.json"].pop("bos_token", None)
    files["generation_config.json"].update(ids)
    files["config.json"].update(ids)
    for name, content in files.items():
        text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True)
        (a.out / name).write_text(text + "\n", encoding="utf-8")

    tokenizer = AutoTokenizer.from_pretrained(a.out)
    for token, want in (a.stop, a.stop_id), (a.pad, a.pad_id):
        got = tokenizer(token)["input_ids"]
        if got != [want]:
            stop(1, f"{a.model}: {token} is {got}, not [{want}]: is this a model of another family?")
    if tokenizer.eos_token_id != a.stop_id or tokenizer.pad_token_id != a.pad_id:
        stop(1, f"{a.model}: its tokenizer insists on eos {tokenizer.eos_token_id} and padding {tokenizer.pad_token_id}")


if __name__ == "__main__":
    main()
