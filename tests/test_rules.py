"""Rules of the house that keep attackers and clocks out; each with the few exceptions and why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
SOURCES = sorted((HERE / "booking").rglob("*.py"))
TREES = {path.relative_to(HERE).as_posix(): ast.parse(path.read_text("utf-8")) for path in SOURCES}

_OF_A_DATABASE = "strftime|julianday|date_trunc|date_part|unixepoch|to_char|current_date|current_timestamp"
DATE_SQL = re.compile(rf"\b({_OF_A_DATABASE})\b|\bnow\(\)", re.IGNORECASE)
DATE_FUNCTIONS = {"now", "date", "datetime", "strftime", "date_trunc", "extract", "current_timestamp", "current_date"}
NAIVE = {"utcnow", "utcfromtimestamp", "today"}
WRITING_GETS: dict[str, str] = {
    "booking/web/oidc.py:back": "the protocol comes back by a redirect; its code is good once, in one browser",
}
"""GET views that may write, by file and name, and why."""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(node: ast.expr) -> str:
    """The last word of what is called or decorated with."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def texts(tree: ast.AST) -> Iterator[str]:
    """Strings that are no docstrings."""
    holders = (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef))
    first = (node.body[0] for node in holders if node.body)
    spoken = {id(one.value) for one in first if isinstance(one, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.value


def date_sql(tree: ast.AST) -> list[str]:
    typed = [said for said in texts(tree) if DATE_SQL.search(said)]
    built = [
        ast.unparse(one.func)
        for one in calls(tree)
        if isinstance(one.func, ast.Attribute) and name_of(one.func.value) == "func" and one.func.attr in DATE_FUNCTIONS
    ]
    return typed + built


def naive(tree: ast.AST) -> list[str]:
    found = []
    for one in calls(tree):
        name, given = name_of(one.func), bool(one.args or one.keywords)
        base = name_of(one.func.value) if isinstance(one.func, ast.Attribute) else ""
        if base in ("datetime", "date") and (name in NAIVE or (name == "now" and not given)):
            found.append(ast.unparse(one))
        if base == "datetime" and name == "fromtimestamp" and len(one.args) + len(one.keywords) < 2:
            found.append(ast.unparse(one))
    return found


@pytest.mark.parametrize("path", TREES)
def test_days_are_reckoned_in_python_not_in_sql(path: str) -> None:
    """The two databases know dates differently, and neither knows the zone of a site."""
    assert date_sql(TREES[path]) == []


@pytest.mark.parametrize("path", TREES)
def test_no_time_without_a_zone(path: str) -> None:
    assert naive(TREES[path]) == []


def test_no_view_takes_head_for_a_form_that_was_sent() -> None:
    """Programs that look at links ask with HEAD: what is not POST is looked at only."""
    asking = {path for path in TREES if re.search(r"request\.method == .GET.", (HERE / path).read_text("utf-8"))}
    # where to go after the log-in; which answers are kept
    assert asking <= {"booking/web/access.py", "booking/web/page_cache.py"}


def test_no_template_and_no_code_marks_text_as_safe() -> None:
    for path in (HERE / "templates").rglob("*"):
        if path.is_file():
            said = path.read_text("utf-8")
            assert not re.search(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b", said), path
    marking = {path for path, tree in TREES.items() if "Markup" in map(name_of, (one.func for one in calls(tree)))}
    # drawn by the program itself: from an address of its own; and the boards of rooms, which escape every text that
    # goes into a cell (tests/attacks/test_injection.py draws them with markup for titles and names)
    assert marking <= {f"booking/web/{name}.py" for name in ("qr", "board", "rows", "lanes")}


def writing() -> dict[str, set[str]]:
    """Module -> names of its functions that write: use cases, and what calls them in the same file."""
    found: dict[str, set[str]] = {}
    for path, tree in TREES.items():
        if path.startswith("booking/usecases/"):
            functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
            names = {one.name for one in functions if "writes" in map(name_of, one.decorator_list)}
            found[path[:-3].replace("/", ".")] = with_callers(functions, names)
    return found


def with_callers(functions: list[ast.FunctionDef], names: set[str]) -> set[str]:
    while more := {one.name for one in functions if one.name not in names and names & set(map(name_of, calls(one)))}:
        names = names | more
    return names


def called(tree: ast.Module, written: dict[str, set[str]]) -> set[str]:
    """Names under which a file knows something that writes."""
    known = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                if one.name in written.get(node.module or "", set()):
                    known.add(one.asname or one.name)
                # a module imported whole: what is called of it has the name itself
                known |= written.get(f"{node.module}.{one.name}", set())
    return known


def is_only_looked_at(view: ast.FunctionDef) -> bool:
    said = [ast.unparse(one) for one in view.decorator_list]
    got = any(re.search(r"\.get\(|\.route\((?!.*POST)|Endpoint\([^)]*['\"]GET['\"]", one) for one in said)
    return got and not any(re.search(r"POST|\.(post|put|patch|delete)\(", one) for one in said)


def writing_gets(trees: dict[str, ast.Module]) -> list[str]:
    written, found = writing(), []
    for path, tree in trees.items():
        if path.split("/")[1] in ("web", "api", "feeds"):
            functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
            names = with_callers(functions, called(tree, written))
            found += [f"{path}:{one.name}" for one in functions if is_only_looked_at(one) and one.name in names]
    return found


def test_looking_writes_nothing() -> None:
    """No view that is registered for GET alone calls a use case that writes."""
    assert [one for one in writing_gets(TREES) if one not in WRITING_GETS] == []


def test_the_rules_can_fail() -> None:
    bad = """
from booking.usecases.cancelling import cancel

@pages.get("/x")
def show(code):
    return helper(code)

def helper(code):
    text("SELECT strftime('%Y', starts_at)"), func.now(), datetime.now(), date.today(), datetime.fromtimestamp(1)
    return cancel(code=code)

@pages.post("/x")
def post(code):
    return cancel(code=code)
"""
    tree = ast.parse(bad)
    assert len(date_sql(tree)) == 2
    assert len(naive(tree)) == 3
    assert writing_gets({"booking/web/bad.py": tree}) == ["booking/web/bad.py:show"]
