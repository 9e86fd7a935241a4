"""Print what the first batch of a rendered run trains on, as one JSON line.

The trainer itself loads, tokenises and collates; only Trainer.train is replaced, by
a function that takes the first batch and ends the program.

    first_batch.py RUN_DIR trl|llamafactory OUT/export
"""

import glob
import importlib.util
import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import yaml
from transformers import AutoTokenizer, Trainer

IGNORED = -100


def unmasked(labels):
    return [x for x in labels if x != IGNORED]


def completions(batch):
    """(prompt and completion, completion) ids of each sequence that bears loss."""
    out = []
    if "prompt_input_ids" in batch and "chosen_labels" not in batch:  # TRL, DPO
        for side in "chosen", "rejected":
            for p, pm, c, cm in zip(*(batch[k].tolist() for k in ("prompt_input_ids", "prompt_attention_mask", f"{side}_input_ids", f"{side}_attention_mask"))):
                p, c = [i for i, m in zip(p, pm) if m], [i for i, m in zip(c, cm) if m]
                out.append((p + c, c))
        return out
    sets = ["chosen_", "rejected_"] if "chosen_labels" in batch else [""]  # TRL, ORPO; else SFT and LLaMA-Factory
    for side in sets:
        for i, m, l in zip(*(batch[side + k].tolist() for k in ("input_ids", "attention_mask", "labels"))):
            out.append(([x for x, keep in zip(i, m) if keep], unmasked(l)))
    return out


def padding(batch):
    """The ids that stand where the attention mask is 0."""
    found = set()
    for k in batch:
        if k.endswith("input_ids"):
            mask = batch[k.replace("input_ids", "attention_mask")]
            found |= set(batch[k][mask == 0].tolist())
    return sorted(found)


def expected(export, tokenizer, pairs):
    """The completions that may follow a prompt, by the prompt's ids."""
    out = {}
    for name, sides in [("sft", ["completion"]), *([("pairs", ["chosen", "rejected"])] if pairs else [])]:
        for f in sorted(glob.glob(str(export / "trl" / name / "train-*.parquet"))):
            for row in pq.read_table(f, columns=["prompt", *sides]).to_pylist():
                answers = out.setdefault(tuple(tokenizer(row["prompt"])["input_ids"]), set())
                answers.update(tuple(tokenizer(row[side])["input_ids"]) for side in sides)
    return out


def main():
    run, trainer_name, export = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    config = run / f"{trainer_name}.yaml"
    taken = []

    def take(self, *unused, **also_unused):
        taken.append(next(iter(self.get_train_dataloader())))
        raise SystemExit(0)

    Trainer.train = take
    sys.argv = ["train", str(config)]
    try:
        if trainer_name == "trl":
            spec = importlib.util.spec_from_file_location("train_trl", run / "scripts" / "train_trl.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.main()
        else:
            from llamafactory.train.tuner import run_exp

            run_exp()
    except SystemExit:
        if not taken:
            raise

    tokenizer = AutoTokenizer.from_pretrained(run / "model")
    stop = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    answers = expected(export, tokenizer, "sft" not in (settings.get("method"), settings.get("stage")))
    sequences = completions(taken[0])
    firsts, wrong = 0, []
    for whole, loss in sequences:
        prompt = whole[: len(whole) - len(loss)]
        want = answers.get(tuple(prompt), set())
        firsts += loss[:1] in [list(a[:1]) for a in want]
        if prompt + loss != whole:
            wrong.append("loss is not on the end of the sequence")
        elif tuple(loss) not in want:
            wrong.append(f"loss on {tokenizer.decode(loss)!r}, expected one of {[tokenizer.decode(a) for a in want]}")
        elif loss[-1] != stop or whole.count(stop) != 1:
            wrong.append("not exactly one stop, at the end")
    print(json.dumps({
        "sequences": len(sequences),
        "last_unmasked": sorted({loss[-1] for _, loss in sequences}),
        "first_unmasked_is_first_of_completion": firsts,
        "padding_ids": padding(taken[0]),
        "wrong": wrong,
    }))


if __name__ == "__main__":
    main()
