"""Compare decoy's judge statistics with scipy's and statsmodels'.

    pip install -r scripts/bench/judge-stats/requirements.txt
    python scripts/bench/judge-stats/check.py [OUT]

Verdicts are made at random: panels of 2 to 6 judges that err to different degrees,
with and without verdicts that are missing or invalid. Compared are
  Wilson's interval   of cells, controls and weighted fool rates: scipy's binomtest
                      and statsmodels' proportion_confint
  Cohen's kappa       of each pair: statsmodels' cohens_kappa on the pair's table
  Fleiss' kappa       statsmodels' fleiss_kappa where no verdict is missing; where
                      some are, Fleiss & Cuzick's (1979) from its definition, in
                      fractions
With OUT, the folder of a build, also what its last round recorded.

The last line is one JSON object; the exit code is 1 if anything differs by more than
the rounding to 1e-6.
"""

import glob
import itertools
import json
import os
import random
import subprocess
import sys
from fractions import Fraction

import numpy as np
from scipy.stats import binomtest
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

HERE = os.path.dirname(os.path.abspath(__file__))
worst = {}
counts = {}


def differ(what, got, want):
    """Note by how much a number differs; a missing one must be missing on both sides."""
    counts[what] = counts.get(what, 0) + 1
    if (got is None) != (want is None):
        d = float("inf")
    else:
        d = 0.0 if got is None else abs(got - want)
    worst[what] = max(worst.get(what, 0.0), d)


def wilson(what, low, high, k, n):
    if n == 0:
        differ(what, low, 0.0)
        differ(what, high, 1.0)
        return
    a, b = proportion_confint(k, n, method="wilson")
    differ(what, low, max(0.0, a))
    differ(what, high, min(1.0, b))
    if k == int(k) and n == int(n):
        ci = binomtest(int(k), int(n)).proportion_ci(method="wilson")
        differ(what, low, ci.low)
        differ(what, high, ci.high)


def fleiss_cuzick(votes):
    """1 - Σ n p (1-p) / (Σ (n-1) · P (1-P)) over the negatives with n >= 2."""
    votes = [(n, x) for n, x in votes if n >= 2]
    if not votes:
        return None
    all_n, all_x = sum(n for n, _ in votes), sum(x for _, x in votes)
    p = Fraction(all_x, all_n)
    if p in (0, 1):
        return None
    apart = sum(Fraction(x * (n - x), n) for n, x in votes)
    return float(1 - apart / (sum(n - 1 for n, _ in votes) * p * (1 - p)))


def make(rng, negatives, judges, missing):
    """Lines for judge-stats: each negative has a hardness, each judge a sharpness."""
    sharp = [rng.uniform(0.2, 1) for _ in range(judges)]
    lines = []
    for i in range(negatives):
        hard = rng.random() < 0.3
        verdicts = []
        for j, s in enumerate(sharp):
            if rng.random() < missing:
                if rng.random() < 0.5:
                    verdicts.append({"judge": f"j{j}", "protocol": "single", "answer": "invalid"})
                continue
            fooled = hard if rng.random() < s else rng.random() < 0.5
            verdicts.append({"judge": f"j{j}", "protocol": "single", "answer": "fooled" if fooled else "caught"})
        cell = {"generator": f"g{i % 2}", "type": ["import", "method"][i // 2 % 2], "language": "go"}
        lines.append({"negative": f"n{i}", "cell": cell, "verdicts": verdicts})
    for j, s in enumerate(sharp):
        for _ in range(rng.randint(0, 40)):
            answer = "accepted" if rng.random() < s else "rejected"
            lines.append({"controls": True, "verdicts": [{"judge": f"j{j}", "protocol": "single", "answer": answer}]})
    return lines


def compare(lines, got, complete):
    negatives = [l for l in lines if not l.get("controls")]
    answers = [
        {v["judge"]: v["answer"] == "fooled" for v in l["verdicts"] if v["answer"] in ("fooled", "caught")} for l in negatives
    ]
    for c in got["tally"]["cells"]:
        mine = [a for a, l in zip(answers, negatives) if l["cell"] == {k: c[k] for k in ("generator", "type", "language")}]
        judged = sum(1 for a in mine if a)
        fooled, verdicts = sum(sum(a.values()) for a in mine), sum(len(a) for a in mine)
        differ("counts", c["negatives"] * 1e9 + c["judged"], len(mine) * 1e9 + judged)
        differ("counts", c["verdicts"] * 1e9 + c["fooled"], verdicts * 1e9 + fooled)
        rate = fooled / verdicts if verdicts else None
        differ("rate", c["rate"], rate)
        wilson("wilson of cells", c["low"], c["high"], (rate or 0) * judged, judged)
    judges = sorted({j for a in answers for j in a})
    kappas = {(k["a"], k["b"]): k for k in got["cohen"]}
    for a, b in itertools.combinations(judges, 2):
        table = np.zeros((2, 2))
        for x in answers:
            if a in x and b in x:
                table[int(x[a]), int(x[b])] += 1
        if (a, b) not in kappas:
            differ("cohen", None, None if table.sum() == 0 else 1.0)
            continue
        expected = table.sum(0) @ table.sum(1)
        want = None if table.sum() ** 2 == expected else cohens_kappa(table, return_results=False)
        differ("cohen", kappas[a, b]["kappa"], want)
        differ("counts", kappas[a, b]["negatives"], table.sum())
    votes = [(len(a), sum(a.values())) for a in answers]
    differ("fleiss and cuzick", got["fleiss"]["kappa"], fleiss_cuzick(votes))
    if complete and len({x for _, x in votes}) > 1:
        differ("fleiss", got["fleiss"]["kappa"], fleiss_kappa(np.array([[x, n - x] for n, x in votes])))
    weights = {}
    for c in got["controls"]:
        mine = [v["answer"] for l in lines if l.get("controls") for v in l["verdicts"] if v["judge"] == c["judge"]]
        k, n = mine.count("accepted"), len(mine)
        wilson("wilson of controls", c["low"], c["high"], k, n)
        high = proportion_confint(k, n, method="wilson")[1]
        weights[c["judge"]] = min(1.0, high / got["least"])
        differ("weight", got["weights"][c["judge"]], weights[c["judge"]])
    for l, a in zip(negatives, answers):
        s = got["rates"][l["negative"]]
        if not a:
            differ("weighted", s["Weighted"], None)
            continue
        w = np.array([round(weights.get(j, 1.0), 6) for j in a])
        rate = float(w @ np.array([float(f) for f in a.values()]) / w.sum())
        n = float(w.sum() ** 2 / (w @ w))
        differ("weighted", s["Weighted"], rate)
        differ("wilson of weighted", s["Low"], max(0.0, proportion_confint(rate * n, n, method="wilson")[0]))


def stats(binary, lines):
    text = "\n".join(json.dumps(l) for l in lines)
    return json.loads(subprocess.run([binary], input=text, capture_output=True, text=True, check=True).stdout)


def compare_build(binary, out):
    """The verdicts of a build, read here, against what its last round recorded."""
    def read(pattern):
        for path in sorted(glob.glob(os.path.join(out, pattern))):
            for line in subprocess.run(["zstdcat", path], capture_output=True, check=True).stdout.splitlines():
                yield json.loads(line)

    languages = {c["id"]: c["language"] for c in read("extract/contexts-*.jsonl.zst")}
    lines = {}
    for n in read("generate/negatives-*.jsonl.zst"):
        cell = {"generator": n["generator"], "type": n["type"], "language": languages[n["context_id"]]}
        lines[n["id"]] = {"negative": n["id"], "cell": cell, "verdicts": []}
    controls = []
    for v in read("judge/verdicts-*.jsonl.zst"):
        if v["negative_id"] is None:
            controls.append({"controls": True, "verdicts": [v]})
        else:
            lines[v["negative_id"]]["verdicts"].append(v)
    everything = list(lines.values()) + controls
    got = stats(binary, everything)
    compare(everything, got, False)
    rounds = sorted(glob.glob(os.path.join(out, "judge/rounds/*.json")), key=os.path.getsize)
    last = next(r for r in (json.load(open(p)) for p in rounds if "-of-" not in p) if r["last"])
    differ("recorded", 0.0, 0.0 if last["tally"] == got["tally"] else 1.0)
    return len(lines)


def main():
    binary = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"judge-stats-{os.getpid()}")
    subprocess.run(["go", "build", "-o", binary, "."], cwd=HERE, check=True)
    try:
        rng = random.Random(20)
        cases = 0
        for negatives, judges, missing in itertools.product((1, 7, 60, 500), (2, 3, 6), (0, 0.1, 0.6)):
            for _ in range(5):
                lines = make(rng, negatives, judges, missing)
                compare(lines, stats(binary, lines), missing == 0)
                cases += 1
        built = [compare_build(binary, out) for out in sys.argv[1:]]
    finally:
        os.remove(binary)
    ok = all(d <= 2e-6 for d in worst.values())
    print(json.dumps({"cases": cases, "build_negatives": built, "compared": counts, "largest_difference": worst, "ok": ok}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
