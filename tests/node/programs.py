# SPDX-License-Identifier: MIT
"""Random programs of timers, immediates, ticks, microtasks and jobs, and the pairs in them whose
order Node fixes.

The rule, also in README.md of this folder. A *block* is one callback from the loop (a macro
callback: root, timeout, immediate, job, run of an interval) with all ticks and microtasks that
follow from it.

  R1  Two callbacks of one block are compared.
  R2  Callbacks of two blocks are compared if the blocks were started by the same block and are
      - two timeouts whose delays are equal or at least 5 ms apart,
      - two immediates,
      - an immediate and a timeout, where the starting block is a job.
  R3  X and Y are immediates started by the same block, Z is a block started by X: Y and Z are
      compared.

Everything else (jobs among each other, timers of different blocks, immediates beside timers that
another block than a job started, intervals) depends on speed in Node, too: it looks at the clock
between two timers, so a timer callback that takes a millisecond lets a nested timer of 1 ms run
before the immediate. Parent and child are not counted as a pair.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

DELAYS_MS = (1, 6, 11, 16)
MAX_NODES = 40
MACRO = ("root", "timeout", "immediate", "job", "interval")


@dataclass
class Node:
    """One callback of a program."""

    id: int
    kind: str
    parent: int  # the node that schedules it; -1 for the root
    delay: int = 0
    runs: int = 1
    body: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Program:
    """A tree of callbacks; nodes[0] is the root, started by a callback of kind `root`."""

    root: str
    nodes: list[Node]

    def block_of(self, node: int) -> int:
        """The macro callback that this node runs in."""
        while self.nodes[node].kind in ("tick", "micro"):
            node = self.nodes[node].parent
        return node

    def starter_of(self, block: int) -> int:
        """The block that started this block, -1 for the root."""
        parent = self.nodes[block].parent
        return -1 if parent < 0 else self.block_of(parent)

    def kind_of(self, block: int) -> str:
        """The kind of a block, with the root's own."""
        kind = self.nodes[block].kind
        return self.root if kind == "root" else kind

    def comparable(self, x: int, y: int) -> bool:
        """Whether Node fixes the order of two different blocks (R2, R3)."""
        return self._siblings_fixed(x, y) or self._nephew(x, y) or self._nephew(y, x)

    def _siblings_fixed(self, x: int, y: int) -> bool:
        starter = self.starter_of(x)
        if starter < 0 or starter != self.starter_of(y):
            return False
        kinds = {self.kind_of(x), self.kind_of(y)}
        if kinds == {"timeout"}:
            gap = abs(self.nodes[x].delay - self.nodes[y].delay)
            return gap == 0 or gap >= 5
        if kinds == {"immediate"}:
            return True
        return kinds == {"immediate", "timeout"} and self.kind_of(starter) == "job"

    def _nephew(self, y: int, z: int) -> bool:
        x = self.starter_of(z)
        if x < 0 or x == y or self.starter_of(x) < 0 or self.starter_of(x) != self.starter_of(y):
            return False
        return self.nodes[x].kind == "immediate" and self.nodes[y].kind == "immediate"

    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of nodes to compare; ancestors and their descendants are left out."""
        found = []
        blocks = [self.block_of(n.id) for n in self.nodes]
        for a in self.nodes:
            for b in self.nodes[a.id + 1 :]:
                if self._is_ancestor(a.id, b.id) or "interval" in (a.kind, b.kind):
                    continue
                x, y = blocks[a.id], blocks[b.id]
                if x == y or self.comparable(x, y):
                    found.append((a.id, b.id))
        return found

    def _is_ancestor(self, a: int, b: int) -> bool:
        while b > a:
            b = self.nodes[b].parent
        return a == b

    def text(self, index: int) -> str:
        """The form that the runners read."""
        lines = [f"program {index} {self.root}"]
        lines += [f"n {n.id} {n.kind} {n.delay} {n.runs}" for n in self.nodes]
        lines += [f"b {n.id} {what} {target}" for n in self.nodes for what, target in n.body]
        return "\n".join([*lines, "end"]) + "\n"


def make_program(rng: random.Random) -> Program:
    """One random program of at most MAX_NODES callbacks."""
    program = Program(rng.choice(("timeout", "immediate", "job")), [Node(0, "root", -1)])
    open_nodes = [0]
    while open_nodes and len(program.nodes) < MAX_NODES:
        parent = open_nodes.pop(rng.randrange(len(open_nodes)))
        children = rng.randint(3, 6) if parent == 0 else rng.randint(0, 5)
        for _ in range(children):
            if len(program.nodes) == MAX_NODES:
                break
            kind = rng.choices(
                ("timeout", "immediate", "tick", "micro", "job", "interval"), (5, 5, 4, 4, 1, 0.5)
            )[0]
            node = Node(len(program.nodes), kind, parent)
            if kind in ("timeout", "interval"):
                node.delay = rng.choice(DELAYS_MS)
            if kind == "interval":
                # A period of its own, so that no timeout of the same list is due with it.
                node.delay, node.runs = 4, rng.randint(1, 3)
            program.nodes.append(node)
            program.nodes[parent].body.append(("s", node.id))
            open_nodes.append(node.id)
    _add_clears(program, rng)
    return program


def _add_clears(program: Program, rng: random.Random) -> None:
    """Clears whose effect Node fixes: right after the start, or from a comparable block (R2)."""
    targets = [n for n in program.nodes if n.kind in ("timeout", "immediate")]
    for target in rng.sample(targets, min(len(targets), rng.randint(0, 4))):
        actors = [
            n.id
            for n in program.nodes
            if n.kind in ("timeout", "immediate")
            and n.id != target.id
            and program._siblings_fixed(n.id, target.id)
        ]
        if actors and rng.random() < 0.8:
            program.nodes[rng.choice(actors)].body.append(("c", target.id))
        else:
            program.nodes[target.parent].body.append(("c", target.id))
