"""Rows of a person in databases that others share: trackio's of a project, and optuna's of searches.

Deleted rows stay readable in a database's free pages, so these are overwritten and the file is written anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from ...errors import UserError
from ...files import home
from .subject import Subject
from .trace import Trace

PATIENT = 30.0  # seconds that another program may hold the file

Wanted = Mapping[str, Collection[object]]  # column -> values; a row with any of them goes


def searches(found: Subject) -> list[Trace]:
    """Searches for hyperparameters on their posts."""
    path = home() / "sweeps.db"
    if not path.is_file():
        return []
    pattern = found.pattern()
    with reading(path) as db:
        if "study_user_attributes" not in columns(db):
            return []
        rows = db.execute("SELECT study_id, value_json FROM study_user_attributes").fetchall()
        studies = {study for study, value in rows if pattern.search(str(value).encode())}
        trials = {
            trial for trial, study in db.execute("SELECT trial_id, study_id FROM trials") if study in studies
        }
    if not studies:
        return []
    wanted = {"study_id": studies, "trial_id": trials}
    about = f"{len(studies)} searches, {len(trials)} trials"
    return [Trace("search", path, 0, about, partial(delete, path, wanted))]


def delete(path: Path, wanted: Wanted, then: tuple[str, ...] = ()) -> None:
    """Delete every row, of whatever table, that has one of the values wanted in a column of that name.

    Args:
        path: the database.
        wanted: values by column.
        then: statements that end the work.

    Raises:
        UserError: another program holds the file.
    """
    try:
        with closing(sqlite3.connect(path, timeout=PATIENT)) as db:
            db.execute("PRAGMA secure_delete = ON")
            with db:
                for table, names in columns(db).items():
                    for name, values in wanted.items():
                        if name in names:
                            db.executemany(
                                f'DELETE FROM "{table}" WHERE "{name}" = ?',  # noqa: S608 -- names of the file itself
                                [(value,) for value in values],
                            )
                for statement in then:
                    db.execute(statement)
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise UserError(
            f"{path} cannot be changed ({error}); close whatever uses it, like a dashboard, and run the "
            "same again"
        ) from error


def columns(db: sqlite3.Connection) -> dict[str, set[str]]:
    """Every table with its columns."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        table: {row[1] for row in db.execute(f'PRAGMA table_info("{table}")')}
        for table in tables
        if not table.startswith("sqlite_")
    }


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with closing(sqlite3.connect(path, timeout=PATIENT)) as db:
            yield db
    except sqlite3.Error as error:
        raise UserError(
            f"{path} cannot be read as a database ({error}); move it away or delete it"
        ) from error
