"""Reports about the orders of a shop."""

import csv
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from .store import (
    OrderStore,
    open_store,
)


@dataclass(frozen=True, order=True)
class Line:
    """One line of an order."""

    sku: str
    count: int = 1
    price: float = field(default=0.0, compare=False)

    @property
    def total(self):
        return round(self.count * self.price, 2)


def read_lines(path, delimiter=";", *, strict=False):
    """Read order lines from a CSV file."""
    with Path(path).open(newline="") as source:
        for number, row in enumerate(csv.reader(source, delimiter=delimiter), start=1):
            if len(row) != 3:
                if strict:
                    raise ValueError(f"{path}:{number}: {len(row)} fields")
                continue
            sku, count, price = row
            yield Line(sku.strip(), int(count), price=float(price))


def summarize(lines, by=lambda line: line.sku):
    totals = defaultdict(float)
    for line in lines:
        totals[by(line)] += line.total  # cents are rounded before
    best = max(totals, key=totals.get, default=None)
    return {
        "totals": dict(sorted(totals.items())),
        "best": best,
        "mean": sum(totals.values()) / len(totals) if totals else None,
    }


class Report:
    def __init__(self, store: OrderStore, *, title="Orders"):
        self.store = store
        self.title = title
        self._cache = {}

    async def rows(self, since):
        if since not in self._cache:
            orders = await self.store.fetch(since=since, limit=500)
            self._cache[since] = [
                (order.id, line.sku, line.total)
                for order in orders
                if order.lines
                for line in order.lines
            ]
        return self._cache[since]

    def write(self, target, rows, indent=2):
        try:
            text = json.dumps({"title": self.title, "rows": rows}, indent=indent)
        except TypeError as error:
            raise RuntimeError("a row cannot be written") from error
        else:
            Path(target).write_text(text, encoding="utf-8")


def main(arguments):
    store = open_store(arguments.database)
    report = Report(store, title=arguments.title)
    match arguments.command:
        case "lines":
            print(summarize(read_lines(arguments.path, strict=True)))
        case _:
            report.write(arguments.path, [])
