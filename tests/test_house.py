"""What a linter cannot hold: sizes, names, lean imports, licences and hashes of vendored files."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
SOURCES = sorted((HERE / "booking").rglob("*.py"))
VENDORED = {"lucide-1.62.0.svg": "836de758630d30f496a8008977459a71d3675ff87895bbc475980eb2f7cd91b1"}


def functions() -> list[tuple[str, int]]:
    return [
        (f"{path.relative_to(HERE)}:{node.name}", node.end_lineno - node.lineno + 1)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_files_and_functions_keep_their_size() -> None:
    assert [path.name for path in SOURCES if len(path.read_text("utf-8").splitlines()) > 400] == []
    sizes = [size for _, size in functions()]
    assert sum(size <= 25 for size in sizes) / len(sizes) >= 0.95


def test_no_room_for_odds_and_ends() -> None:
    assert {path.stem for path in SOURCES} & {"utils", "helpers", "common", "misc"} == set()


def test_only_the_context_reads_the_clock() -> None:
    readers = [path.relative_to(HERE).as_posix() for path in SOURCES if "datetime.now(" in path.read_text("utf-8")]
    assert readers == ["booking/front/context.py"]


def test_templates_have_no_inline_style_or_script() -> None:
    for path in (HERE / "templates").rglob("*.html"):
        text = path.read_text("utf-8")
        assert " style=" not in text, path
        assert "|safe" not in text, path
        assert "<script>" not in text, path


def test_the_web_process_imports_no_heavy_library() -> None:
    program = "import sys, wsgi; print(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded & {"alembic", "flask_migrate", "xlsxwriter", "fpdf", "holidays", "authlib", "pytest"} == set()


@pytest.mark.parametrize("name", VENDORED)
def test_vendored_files_are_what_they_were_and_have_their_licence(name: str) -> None:
    folder = HERE / "static" / "vendor"
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == VENDORED[name]
    assert "ISC License" in (folder / name).with_suffix(".LICENSE").read_text("utf-8")
    assert {path.name for path in folder.iterdir()} == {
        part for one in VENDORED for part in (one, f"{one[:-4]}.LICENSE")
    }


def test_every_icon_that_is_named_is_drawn() -> None:
    import re

    drawn = set(re.findall(r'id="([\w-]+)"', (HERE / "static/vendor/lucide-1.62.0.svg").read_text("utf-8")))
    texts = [path.read_text("utf-8") for path in (HERE / "templates").rglob("*.html")]
    named = {name for text in texts for name in re.findall(r'icon\("([\w-]+)"', text)}
    pack = (HERE / "booking/packs/cimahi.json").read_text("utf-8")
    assert named | set(re.findall(r'"icon": "([\w-]+)"', pack)) <= drawn
