"""The index of a store: an SQLite file that is only a quicker copy of what the folders say.

It is brought up to date before each question, run by run, where a file of the run has changed. So nobody has to keep
it: a missing, damaged or outdated index is made anew, and where none can be written, one in memory serves.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .errors import RunError
from .folder import RunFolder
from .query import Term, values, words
from .summary import RunSummary, summarise

NAME = "runs.sqlite"
VERSION = 1
_TABLES = """
CREATE TABLE runs (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, ended INTEGER NOT NULL, created TEXT NOT NULL,
                   words TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE facts (run TEXT NOT NULL, key TEXT NOT NULL, number REAL, text TEXT);
CREATE INDEX facts_by_key ON facts (key, run);
"""
_ENDED = frozenset({"completed", "cancelled", "error"})


class Index:
    """An open index; a context that closes it."""

    def __init__(self, folder: Path) -> None:
        self._base = _opened(folder)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def refresh(self, folders: Iterable[RunFolder]) -> list[str]:
        """Take over what changed in the folders; why runs were left out."""
        known = {row[0]: (row[1], bool(row[2])) for row in self._base.execute("SELECT id, stamp, ended FROM runs")}
        faults = []
        with self._base:
            for folder in folders:
                was = known.pop(folder.id, None)
                stamp = _stamp(folder)
                if was == (stamp, True):
                    continue
                try:
                    self._put(summarise(folder), stamp)
                except (RunError, KeyError, TypeError) as error:
                    faults.append(str(error) if isinstance(error, RunError) else f"{folder.config_path} is damaged.")
                    self._drop(folder.id)
            for gone in known:
                self._drop(gone)
        return faults

    def find(self, terms: Iterable[Term]) -> list[RunSummary]:
        """The runs for which all terms hold, the newest first. RunError for a key that no run has."""
        clauses, given = [], []
        for term in terms:
            clause, arguments = self._clause(term)
            clauses.append(clause)
            given += arguments
        where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
        rows = self._base.execute(f"SELECT document FROM runs {where} ORDER BY created DESC, id", given)
        return [RunSummary.from_dict(json.loads(row[0])) for row in rows]

    # ---- inside

    def _put(self, summary: RunSummary, stamp: str) -> None:
        self._drop(summary.id)
        row = (summary.id, stamp, summary.status in _ENDED, summary.created, words(summary),
               json.dumps(summary.to_dict()))  # fmt: skip
        self._base.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
        facts = [(summary.id, key, *_columns(value)) for key, value in values(summary)]
        self._base.executemany("INSERT INTO facts VALUES (?, ?, ?, ?)", facts)

    def _drop(self, run: str) -> None:
        self._base.execute("DELETE FROM facts WHERE run = ?", (run,))
        self._base.execute("DELETE FROM runs WHERE id = ?", (run,))

    def _clause(self, term: Term) -> tuple[str, list[Any]]:
        """A term as SQL and its values."""
        if not term.key:
            return "instr(words, ?) > 0", [term.value]
        keys = [row[0] for row in self._base.execute("SELECT DISTINCT key FROM facts ORDER BY key")]
        if term.key not in keys and term.key != "tag" and keys:
            raise RunError(f"No run has {term.key!r}; what can be compared: {', '.join(keys)}.")
        if term.operator in {"=", "!="}:
            holds = "EXISTS" if term.operator == "=" else "NOT EXISTS"
            same = "lower(text) = ?" if term.number is None else "(lower(text) = ? OR number = ?)"
            numbers = [] if term.number is None else [term.number]
            found = f"{holds} (SELECT 1 FROM facts WHERE run = runs.id AND key = ? AND {same})"
            return found, [term.key, term.value.lower(), *numbers]
        found = f"EXISTS (SELECT 1 FROM facts WHERE run = runs.id AND key = ? AND number {term.operator} ?)"
        return found, [term.key, term.number]


def _columns(value: Any) -> tuple[float | None, str | None]:
    """A value as number and text."""
    if isinstance(value, bool):
        return float(value), str(value).lower()
    if isinstance(value, int | float):
        return float(value), str(value)
    return None, None if value is None else str(value)


def _stamp(folder: RunFolder) -> str:
    """What changes when a file of the run does."""
    marks = []
    for path in (folder.config_path, folder.about_path, folder.events_path):
        with contextlib.suppress(OSError):
            facts = path.stat()
            marks.append(f"{facts.st_mtime_ns}/{facts.st_size}")
    return " ".join(marks)


def _opened(folder: Path) -> sqlite3.Connection:
    """The index of a folder, made anew if it cannot be used, or one in memory."""
    for attempt in range(2):
        try:
            return _connected(str(folder / NAME))
        except sqlite3.OperationalError:
            break  # no folder, no permission, or another process holds it
        except sqlite3.DatabaseError:
            if attempt or not _removed(folder):
                break
    return _connected(":memory:")


def _connected(name: str) -> sqlite3.Connection:
    base = sqlite3.connect(name, timeout=5)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            tables = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            drops = "".join(f"DROP TABLE IF EXISTS {name};" for name in ("facts", "runs") if name in tables)
            base.executescript(f"BEGIN IMMEDIATE; {drops} {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        base.execute("SELECT COUNT(*) FROM facts").fetchone()
        base.execute("PRAGMA quick_check").fetchone()
    except BaseException:
        base.close()
        raise
    return base


def _removed(folder: Path) -> bool:
    """Whether a damaged index could be taken away."""
    try:
        for path in _files(folder):
            path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _files(folder: Path) -> Iterator[Path]:
    return (folder / f"{NAME}{suffix}" for suffix in ("", "-wal", "-shm"))
