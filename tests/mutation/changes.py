"""Small changes of the code that tests should notice: which there are, a draw by seed, finding one again."""

from __future__ import annotations

import ast
import copy
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROOMS: Final = ("billing", "handlers", "storage")
LEFT_OUT: Final = {"migrations", "tables"}
LIKE_ENOUGH: Final = 4
"""A function is the one that was drawn if its body is the same, or else its name and its file's name are."""
SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
NOT_RUN: Final = {"annotation", "returns", "decorator_list"}
PAIRS: Final = "Lt LtE, Gt GtE, Eq NotEq, In NotIn, Is IsNot"
OPPOSITE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    getattr(ast, one): getattr(ast, other)
    for pair in PAIRS.split(", ")
    for one, other in (pair.split(), reversed(pair.split()))
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the code: its qualified name, its file, and that file's syntax around it."""

    name: str
    path: Path
    tree: ast.Module
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def module(self) -> str:
        """The dotted name of its file."""
        return module_name(self.path)

    @property
    def body(self) -> str:
        """The shape of what it does, without its docstring."""
        return shape(ast.Module(self.node.body[ast.get_docstring(self.node) is not None :], []))

    def changed(self, site: Site) -> str:
        """The text of its file with one change in it."""
        return ast.unparse(copy.deepcopy(self.tree, {id(site.node): site.instead}))


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a function, and what comes there instead."""

    node: ast.AST
    instead: ast.AST

    @property
    def change(self) -> str:
        """The change as a person reads it."""
        return " ".join(f"{ast.unparse(self.node)} -> {ast.unparse(self.instead)}".split())

    @property
    def shape(self) -> str:
        """The shape of the place and of what comes there instead."""
        return f"{shape(self.node)}:{shape(self.instead)}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change as a set keeps it; `ordinal` counts the sites of one shape within the function."""

    id: str
    function: str
    module: str
    change: str
    site: str
    ordinal: int
    body: str


def shape(node: ast.AST) -> str:
    """A fingerprint of syntax without identifiers and texts, the same in one minor version of Python."""
    bare = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "_", ast.dump(node))
    return _digest(bare)[:12]


def module_name(path: Path) -> str:
    """The dotted name of a file, given by its path within the repository."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def functions(repo: Path) -> list[Function]:
    """Every function that may be changed, file by file."""
    found: list[Function] = []
    for path in (path.relative_to(repo) for room in ROOMS for path in sorted((repo / room).rglob("*.py"))):
        if not LEFT_OUT & set(path.parts):
            tree = ast.parse((repo / path).read_text(encoding="utf-8"))
            found += [Function(name, path, tree, node) for name, node in _defined(tree, "")]
    return found


def sites(function: Function) -> list[Site]:
    """Every change that can be made in a function's own body."""
    judges = function.node.returns is not None and ast.unparse(function.node.returns) == "bool"
    body = ast.Module(function.node.body, [])
    return [site for node in _own(body) for site in (*_operators(node), *_statements(node, judges=judges))]


def draw(repo: Path, seed: int, count: int) -> list[Mutant]:
    """Choose changes by a seed, at most one a function; nothing but the code and the seed decides."""
    drawn: list[tuple[str, Mutant]] = []
    for function in functions(repo):
        lots: list[tuple[str, Mutant]] = []
        seen: Counter[str] = Counter()
        name, module, body = function.name, function.module, function.body
        for site in sites(function):
            ordinal = seen[site.shape]
            seen[site.shape] += 1
            key = _digest(f"{module}:{name}:{site.change}:{ordinal}")[:8]
            mutant = Mutant(key, name, module, site.change, site.shape, ordinal, body)
            lots.append((_digest(f"{seed}:{key}"), mutant))
        drawn += sorted(lots, key=_lot)[:1]
    return [mutant for _, mutant in sorted(drawn, key=_lot)[:count]]


def find(mutant: Mutant, within: Iterable[Function]) -> tuple[Function, Site] | None:
    """The function most like the one that was drawn, and the site in it; None if there is none, or a tie."""
    ranked: list[tuple[int, Function, Site]] = []
    for function in within:
        likeness = (
            4 * (function.body == mutant.body)
            + 2 * (function.name == mutant.function)
            + (_last(function.name) == _last(mutant.function))
            + (_last(function.module) == _last(mutant.module))
            + (function.module == mutant.module)
        )
        if likeness >= LIKE_ENOUGH:
            alike = [site for site in sites(function) if site.shape == mutant.site]
            exact = [site for site in alike if site.change == mutant.change]
            chosen = exact if len(exact) == 1 else alike[mutant.ordinal : mutant.ordinal + 1]
            ranked += [(likeness, function, site) for site in chosen]
    best = max((likeness for likeness, _, _ in ranked), default=0)
    found = [(function, site) for likeness, function, site in ranked if likeness == best]
    return found[0] if len(found) == 1 else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _lot(drawn: tuple[str, Mutant]) -> str:
    return drawn[0]


def _defined(scope: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        yield from _defined(node, f"{prefix}{node.name}." if isinstance(node, SCOPES) else prefix)


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What a function itself runs: no annotation, and no function or class within it."""
    for name, value in ast.iter_fields(scope):
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST) and name not in NOT_RUN and not isinstance(node, SCOPES):
                yield node
                yield from _own(node)


def _operators(node: ast.AST) -> Iterator[Site]:
    match node:
        case ast.Compare(left, ops, others):
            for place, op in enumerate(ops):
                swapped = [*ops[:place], OPPOSITE[type(op)](), *ops[place + 1 :]]
                yield Site(node, ast.Compare(left, swapped, others))
        case ast.BoolOp(op, values):
            yield Site(node, ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values))
        case ast.UnaryOp(ast.Not(), operand):
            yield Site(node, operand)
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, right):
            yield Site(node, ast.BinOp(left, ast.Sub() if isinstance(op, ast.Add) else ast.Add(), right))
        case ast.Constant(int(value)) if not isinstance(value, bool):
            yield Site(node, ast.Constant(value + 1))


def _statements(node: ast.AST, *, judges: bool) -> Iterator[Site]:
    match node:
        case ast.Return(ast.expr() as value) if judges:
            yield Site(node, ast.Return(ast.UnaryOp(ast.Not(), value)))
        case ast.Expr(ast.Call(called) | ast.Await(ast.Call(called))) if (
            ast.unparse(called) != "assert_never"
        ):
            yield Site(node, ast.Pass())
        case ast.If(test) | ast.IfExp(test) | ast.comprehension(ifs=[test, *_]):
            yield from (Site(test, ast.Constant(forced)) for forced in (True, False))
