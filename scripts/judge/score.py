"""Score the texts of a folder that decoy judge --export wrote, with a causal model of Hugging Face.

    python3 score.py FOLDER --model Qwen/Qwen2.5-Coder-0.5B     # a name or a folder

What is scored: the model reads prompt + text + stop as one string, tokenised at once without
tokens of the tokenizer's own. By the tokenizer's offsets a token is the text's if it ends
behind the text's beginning and begins before its end; one that straddles the beginning counts
whole. Behind them stands the stop, which is a token of its own. Written are the natural
log-probabilities of the text's tokens, their sum, and apart that of the stop.

Nothing is cut: a text that is too long for the model gets a reason in the place of numbers.
Every GPU has a process, which takes every n-th file; without a GPU there is one on the CPU. A
file of scores is written under another name and renamed when it is whole, so this can be
killed and run again. The last line on standard output is one JSON object that counts.

Exit codes: 0 done, 1 refused or failed, 3 something that is needed is missing.
"""

import argparse
import gzip
import hashlib
import json
import math
import os
import sys
import time
from pathlib import Path

FORMAT = 1
COUNTS = ("scored", "too_long", "no_score", "tokens")

os.environ.update(TRANSFORMERS_NO_ADVISORY_WARNINGS="1", TOKENIZERS_PARALLELISM="false")


class Refused(Exception):
    """What a person has to mend, with the exit code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def say(message):
    print(f"score: {message}", file=sys.stderr, flush=True)


def read_manifest(folder):
    path = folder / "manifest.json"
    if not path.exists():
        raise Refused(3, f"{path} is not there: name a folder that decoy judge --export wrote to its end")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("decoy_scores") != FORMAT:
        raise Refused(1, f"{path} has format {manifest.get('decoy_scores')}, this script reads {FORMAT}: use the "
                      "score.py beside it")
    return manifest


def choose_member(manifest, name):
    names = [m["name"] for m in manifest["members"]]
    if name is None and len(names) == 1:
        return manifest["members"][0]
    if name not in names:
        raise Refused(1, f"--member {name}: the folder has requests of {', '.join(names)}; name one of them")
    return manifest["members"][names.index(name)]


def read_requests(folder, file):
    raw = (folder / file["name"]).read_bytes()
    if hashlib.sha256(raw).hexdigest() != file["sha256"]:
        raise Refused(1, f"{file['name']} is not as it was exported: bring the folder again")
    requests = [json.loads(line) for line in gzip.decompress(raw).decode("utf-8").split("\n") if line]
    if len(requests) != file["requests"]:
        raise Refused(1, f"{file['name']} has {len(requests)} requests instead of {file['requests']}")
    return requests


def load_tokenizer(model, revision, member):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, revision=revision)
    if not tokenizer.is_fast:
        raise Refused(1, f"the tokenizer of {model} has no offsets: a fast one (tokenizer.json) is needed")
    for which in ("prefix_token", "suffix_token", "middle_token", "stop_token"):
        ids = tokenizer(member[which], add_special_tokens=False)["input_ids"]
        if len(ids) != 1:
            raise Refused(1, f"{member[which]} is {len(ids)} tokens of {model}: is this a model of the family "
                          f"{member['family']}?")
    tokenizer.model_max_length = 1 << 30  # what is too long is found below, and not warned of
    return tokenizer


def places(encoding, prompt, text, stop_id):
    """The places of the text's tokens, and that of the stop; None where the stop does not follow."""
    begin, end = len(prompt), len(prompt) + len(text)
    ids, own = encoding["input_ids"], []
    for i, (a, b) in enumerate(encoding["offset_mapping"]):
        if a >= end:
            return own, i if a == end and ids[i] == stop_id and i > 0 else None
        if b > begin:
            own.append(i)
    return own, None


class Scorer:
    def __init__(self, model, revision, member, device, batch_tokens, max_tokens):
        import torch
        from transformers import AutoModelForCausalLM

        self.torch, self.device, self.batch_tokens = torch, device, batch_tokens
        self.tokenizer = load_tokenizer(model, revision, member)
        self.stop = member["stop_token"]
        self.stop_id = self.tokenizer(self.stop, add_special_tokens=False)["input_ids"][0]
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        self.model = AutoModelForCausalLM.from_pretrained(model, revision=revision, dtype=dtype)
        self.model.to(device).eval()
        config = self.model.config
        room = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        self.room = min(x for x in (room, max_tokens, 1 << 30) if x)

    def score(self, requests):
        """Answers in the order of the requests."""
        answers, todo = [None] * len(requests), []
        for i, r in enumerate(requests):
            encoding = self.tokenizer(
                r["prompt"] + r["text"] + self.stop, add_special_tokens=False, return_offsets_mapping=True
            )
            ids = encoding["input_ids"]
            own, stop = places(encoding, r["prompt"], r["text"], self.stop_id)
            if len(ids) > self.room:
                answers[i] = {"input_tokens": len(ids), "reason": "too_long",
                              "detail": f"{len(ids)} tokens, the model takes {self.room}"}
            elif stop is None or own and own[0] == 0:
                answers[i] = {"input_tokens": len(ids), "reason": "no_score",
                              "detail": f"{self.stop} is no token of its own behind the text"}
            else:
                todo.append((len(ids), i, ids, own, stop))
        todo.sort(key=lambda x: (x[0], x[1]))  # by length, so that little is padding
        while todo:
            # The longest one decides what the batch takes: it is at the end.
            n = max(1, self.batch_tokens // todo[-1][0])
            batch, todo = todo[-n:], todo[:-n]
            try:
                scored = self.run(batch)
            except self.torch.cuda.OutOfMemoryError as e:
                raise Refused(1, f"{self.device} has no memory for {n} texts of up to {batch[-1][0]} tokens: lower "
                              f"--batch-tokens, which is {self.batch_tokens}, and run again") from e
            for (length, i, _, _, _), (own, stop) in zip(batch, scored):
                answers[i] = {"input_tokens": length, **numbers(own, stop)}
        return answers

    def run(self, batch):
        """The log-probabilities of the text's tokens and of the stop, for each of a batch."""
        torch = self.torch
        longest = max(x[0] for x in batch)
        ids = torch.full((len(batch), longest), self.stop_id)  # behind what is read: causal models do not see it
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for j, (length, _, tokens, _, _) in enumerate(batch):
            ids[j, :length] = torch.tensor(tokens)
            mask[j, :length] = 1
        # Logits of the tokens before the first scored one of all are never asked for.
        first = min((own + [stop])[0] for _, _, _, own, stop in batch) - 1
        with torch.inference_mode():
            hidden = self.forward(ids.to(self.device), mask.to(self.device), longest - first)
        out = []
        for j, (_, _, tokens, own, stop) in enumerate(batch):
            at = torch.tensor([k - 1 - first for k in own + [stop]], device=hidden.device)
            want = torch.tensor([tokens[k] for k in own + [stop]], device=hidden.device)
            logits = hidden[j].index_select(0, at).float()
            p = torch.log_softmax(logits, -1).gather(1, want[:, None])[:, 0].tolist()
            out.append((p[:-1], p[-1]))
        return out

    def forward(self, ids, mask, keep):
        """The logits of the last tokens, so many."""
        if not hasattr(self, "keeps"):
            import inspect

            self.keeps = "logits_to_keep" in inspect.signature(self.model.forward).parameters
        if self.keeps:
            return self.model(input_ids=ids, attention_mask=mask, use_cache=False, logits_to_keep=keep).logits
        return self.model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, -keep:]


def numbers(own, stop):
    if not all(math.isfinite(p) for p in [*own, stop]):
        return {"reason": "no_score", "detail": "a log-probability is not finite"}
    own, stop = [round(p, 6) for p in own], round(stop, 6)
    total = 0.0
    for p in own:  # in this order, as decoy adds them
        total += p
    return {"logprob": total, "tokens": len(own), "stop": stop, "token_logprobs": own}


def work(rank, of, device, folder, member, files, options, report):
    """Scores every of-th file. report gets the counts of each."""
    scorer = None
    for file in files[rank::of]:
        path = folder / file["scores"]
        if path.exists():
            continue
        requests = read_requests(folder, file)
        if scorer is None:
            scorer = Scorer(options["model"], options["revision"], member, device, options["batch_tokens"],
                            options["max_tokens"])
        counts = dict.fromkeys(COUNTS, 0)
        temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
        with open(temporary, "w", encoding="utf-8", newline="\n") as f:
            for r, answer in zip(requests, scorer.score(requests)):
                counts[answer.get("reason", "scored")] += 1
                counts["tokens"] += answer["input_tokens"]
                line = {"key": r["key"], "member": member["name"], "model": member["model"], **answer}
                f.write(json.dumps(line, allow_nan=False) + "\n")
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
        report({**counts, "files": 1, "name": file["scores"], "device": device})


def process(rank, of, device, queue, *rest):
    """work in a process of its own; its last word is None or what went wrong."""
    try:
        work(rank, of, device, *rest, queue.put)
        queue.put(None)
    except Refused as e:
        queue.put({"error": str(e), "code": e.code})
    except Exception as e:  # noqa: BLE001
        queue.put({"error": f"{device}: {type(e).__name__}: {e}", "code": 1})


def devices(asked):
    import torch

    if asked == "cpu" or asked is None and not torch.cuda.is_available():
        return ["cpu"]
    have = torch.cuda.device_count()
    n = have if asked is None else int(asked) if asked.isdigit() else 0
    if not 1 <= n <= have:
        raise Refused(3, f"--gpus {asked}: there are {have}; or say cpu")
    return [f"cuda:{i}" for i in range(n)]


def score_all(places, folder, member, files, options, report):
    if len(places) == 1:
        work(0, 1, places[0], folder, member, files, options, report)
        return
    import torch.multiprocessing as multiprocessing

    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    running = [
        context.Process(target=process, daemon=True,
                        args=(i, len(places), device, queue, folder, member, files, options))
        for i, device in enumerate(places)
    ]
    for p in running:
        p.start()
    left, failed = len(running), None
    while left:
        try:
            said = queue.get(timeout=5)
        except Exception:  # noqa: BLE001  (queue.Empty)
            if any(p.exitcode not in (None, 0) for p in running):
                failed = failed or Refused(1, "a process was killed, perhaps for memory: lower --batch-tokens and run "
                                              "again")
                break
            continue
        if said is None:
            left -= 1
        elif "error" in said:
            left, failed = left - 1, failed or Refused(said["code"], said["error"])
        else:
            report(said)
    for p in running:
        if failed:
            p.terminate()
        p.join()
    if failed:
        raise failed


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("folder", type=Path)
    p.add_argument("--model", help="name or folder of the model; by default the name in the recipe")
    p.add_argument("--member", help="judge whose requests are meant, where the folder has several")
    p.add_argument("--gpus", help="how many GPUs, or cpu; by default all that there are")
    p.add_argument("--batch-tokens", type=int, default=16384, help="tokens of a batch, padding included")
    p.add_argument("--max-tokens", type=int, default=0,
                   help="longest input, where it is less than the model's positions")
    a = p.parse_args()
    began = time.time()
    try:
        manifest = read_manifest(a.folder)
        member = choose_member(manifest, a.member)
        try:
            import torch  # noqa: F401
            import transformers  # noqa: F401
        except ImportError as e:
            raise Refused(3, f"{e}: pip install -r {Path(__file__).with_name('requirements.txt')}") from e
        files = [f for f in manifest["files"] if f["member"] == member["name"]]
        done = [f for f in files if (a.folder / f["scores"]).exists()]
        total = {"files": 0, **dict.fromkeys(COUNTS, 0)}

        def report(counts):
            for k in total:
                total[k] += counts[k]
            say(f"{counts['name']} on {counts['device']}, {len(done) + total['files']} of {len(files)} files")

        options = {
            "model": a.model or member["model"], "batch_tokens": a.batch_tokens, "max_tokens": a.max_tokens,
            "revision": None if a.model and Path(a.model).is_dir() else member["revision"] or None,
        }
        use = devices(a.gpus)
        score_all(use, a.folder, member, files, options, report)
    except Refused as e:
        say(str(e))
        sys.exit(e.code)
    print(json.dumps({
        "member": member["name"], "model": options["model"], "devices": len(use), "files": total["files"],
        "done_before": len(done), "scored": total["scored"], "too_long": total["too_long"],
        "no_score": total["no_score"],
        "input_tokens": total["tokens"], "seconds": round(time.time() - began, 1),
    }))


if __name__ == "__main__":
    main()
