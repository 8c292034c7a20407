"""Break lines of real logic, one at a time, and see whether the tests of their package notice.

    python benchmarks/mutations.py                     # 40 lines of seed 0
    python benchmarks/mutations.py --seed 3 --count 10 --match reading/
    python benchmarks/mutations.py --list              # what would be broken

A mutation exchanges one operator of a comparison, of arithmetic or of logic, turns a condition round, or moves a
number. The code is copied to a temporary folder first; the tests run there, those of the module before those of its
package. The first test that fails has caught it, as has a process that computes for more than `LONGEST` seconds: of
processor time, since other work on the machine may make any test wait. Survivors are printed with the lines before and
after, to be judged one by one: some change nothing that can be seen.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
LONGEST = 600  # seconds of processor time
HANGS = 3600.0  # seconds until a run that computes nothing is ended, and the program with it
TIME = "time"
COPIED = ("src", "tests", "benchmarks", "recipes", "scripts", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")
EXCHANGED: dict[type[ast.AST], Any] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutation:
    """One broken place: the module below `src/pleura`, the line, and its text before and after."""

    module: Path
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}\n    - {self.before.strip()}\n    + {self.after.strip()}"


def main() -> int:
    """Print one line a mutation, then the survivors; return 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--match", default="", help="only modules whose path contains this")
    parser.add_argument("--list", action="store_true", help="print what would be broken")
    options = parser.parse_args()
    chosen = choose(options.seed, options.count, options.match)
    if options.list:
        print("\n".join(map(str, chosen)))
        return 0
    survivors = []
    with tempfile.TemporaryDirectory() as temporary:
        copy = _copied(Path(temporary))
        for number, mutation in enumerate(chosen, 1):
            caught_by = try_mutation(mutation, copy)
            print(f"{number:3} {mutation.module}:{mutation.line}  {caught_by or 'SURVIVES'}", flush=True)
            if not caught_by:
                survivors.append(mutation)
    caught = len(chosen) - len(survivors)
    print(f"\n{caught} of {len(chosen)} caught, {caught / max(len(chosen), 1):.0%}")
    print("\n".join(map(str, survivors)))
    return 1 if survivors else 0


def choose(seed: int, count: int, match: str) -> list[Mutation]:
    """Return mutations of as many different modules as there are, drawn with a seed."""
    rng = random.Random(seed)
    modules = sorted(path for path in (HERE / "src/pleura").rglob("*.py") if match in path.as_posix())
    weights = {path: sum(1 for _ in _places(ast.parse(path.read_text()))) for path in modules}
    chosen: dict[tuple[Path, int], Mutation] = {}
    possible = [path for path in modules if weights[path]]
    while len(chosen) < min(count, sum(weights.values())):
        path = rng.choices(possible, [weights[each] for each in possible])[0]
        found = list(mutations(path))
        mutation = rng.choice(found)
        chosen.setdefault((mutation.module, mutation.line), mutation)
    return list(chosen.values())


def mutations(path: Path) -> Iterator[Mutation]:
    """Yield every mutation of a module that leaves a line of the same length in lines."""
    text = path.read_text()
    lines = text.splitlines()
    for node, changed in _places(ast.parse(text)):
        if node.lineno != node.end_lineno or node.end_col_offset is None:
            continue
        line = lines[node.lineno - 1].encode()
        new = line[: node.col_offset] + b"(" + changed.encode() + b")" + line[node.end_col_offset :]
        source = "\n".join([*lines[: node.lineno - 1], new.decode(), *lines[node.lineno :]]) + "\n"
        yield Mutation(path.relative_to(HERE / "src/pleura"), node.lineno, line.decode(), new.decode(), source)


def _places(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """Yield the expressions of function bodies and constants that can be broken, with what they become."""
    skipped = {id(inner) for node in ast.walk(tree) for inner in _untouched(node)}
    for node in ast.walk(tree):
        if id(node) in skipped or not isinstance(node, ast.expr):
            continue
        if isinstance(node, ast.Compare) and type(node.ops[0]) in EXCHANGED:
            yield (
                node,
                ast.unparse(ast.Compare(node.left, [EXCHANGED[type(node.ops[0])](), *node.ops[1:]], node.comparators)),
            )
        elif isinstance(node, ast.BinOp) and type(node.op) in EXCHANGED and not _is_text(node):
            yield node, ast.unparse(ast.BinOp(node.left, EXCHANGED[type(node.op)](), node.right))
        elif isinstance(node, ast.BoolOp):
            yield node, ast.unparse(ast.BoolOp(EXCHANGED[type(node.op)](), node.values))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, ast.unparse(node.operand)
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node, repr(node.value * 1.5 + 0.1)
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            yield node, repr(node.value + 1)


def _untouched(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what lies in annotations, decorators, defaults, indices, axes, types' conditions and texts of errors."""
    parts: list[ast.AST | None] = []
    if isinstance(node, ast.FunctionDef):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        parts = [node.returns, *node.decorator_list, *(argument.annotation for argument in arguments)]
        parts += [*node.args.defaults, *node.args.kw_defaults]
    elif isinstance(node, ast.AnnAssign):
        parts = [node.annotation]
    elif isinstance(node, ast.Subscript):
        parts = [node.slice]  # another index mostly ends in an error, which any test catches
    elif _is_no_logic(node):
        parts = [node]
    for part in parts:
        if part is not None:
            yield from ast.walk(part)


def _is_no_logic(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in ("axis", "dim")
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.JoinedStr | ast.Assert)


def _is_text(node: ast.BinOp) -> bool:
    """Say whether a sum joins texts, or a | joins types."""
    names = ast.unparse(node)
    return any(isinstance(part, ast.JoinedStr | ast.List | ast.Tuple) for part in (node.left, node.right)) or (
        isinstance(node.op, ast.BitOr) and any(word in names for word in ("None", "str", "int", "NDArray", "Path"))
    )


def _copied(folder: Path) -> Path:
    for name in COPIED:
        source = HERE / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def try_mutation(mutation: Mutation, copy: Path) -> str:
    """Return the name of a test that fails with the mutation, `TIME` where one hangs, "" where none notices.

    Tests that fail, or take as long, without the mutation too have noticed nothing.
    """
    target = copy / "src/pleura" / mutation.module
    sound = target.read_text()
    target.write_text(mutation.source)
    tests: list[str] = []
    caught_by = ""
    try:
        for tests in _tests_of(mutation.module, copy):
            if caught_by := _run(tests, copy):
                break
    finally:
        target.write_text(sound)
    fails_anyway = caught_by and _run(tests if caught_by == TIME else [caught_by], copy)
    return "" if fails_anyway else caught_by


def _tests_of(module: Path, copy: Path) -> Iterator[list[str]]:
    """Yield the test file of the module, then the others of its package."""
    folder = copy / "tests" / module.parts[0] if len(module.parts) > 1 else copy / "tests"
    name = f"test_{module.stem}.py"
    own = sorted(str(path) for path in folder.rglob(name)) or sorted(str(p) for p in (copy / "tests").rglob(name))
    if own:
        yield own
    found = folder.rglob("test_*.py") if len(module.parts) > 1 else folder.glob("test_*.py")
    others = sorted(str(path) for path in found if str(path) not in own)
    if others:
        yield others


def _run(tests: list[str], copy: Path) -> str:
    shared = os.environ.get("PLEURA_SHARED", str(HERE.parent / "shared"))
    places = {"PYTHONPATH": str(copy / "src"), "PLEURA_SHARED": shared, "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**os.environ, **places}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    done = subprocess.run(
        command,
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        preexec_fn=_limit_processor_time,
    )
    if done.returncode == -signal.SIGXCPU:
        return TIME
    if done.returncode in (0, 5):
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if not failed:
        sys.exit(f"the tests end with {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return failed[0].split(" - ")[0].removeprefix("FAILED ").removeprefix("ERROR ")


def _limit_processor_time() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
