"""Rows about a person in SQLite databases that also hold other people's: trackio's and optuna's.

SQLite leaves deleted rows readable in free pages. Therefore they are overwritten, and the file is rebuilt.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import msgspec

from ...errors import UserError
from ...files.home_folder import home
from ..sweep.config import DATABASE as SWEEPS_DATABASE
from ..sweep.config import HANDLES as SWEEP_HANDLES
from .subject import Subject
from .trace import Trace

LOCK_TIMEOUT = 30.0  # seconds to wait for another program that has locked the file

Values = Mapping[str, Collection[object]]  # column -> values; a row with one of them is deleted


def sweeps(subject: Subject) -> list[Trace]:
    """The hyperparameter searches on the person's posts."""
    path = home() / SWEEPS_DATABASE
    if not path.is_file():
        return []
    pattern = subject.pattern()
    with open_database(path) as db:
        if "study_user_attributes" not in columns(db):
            return []
        rows = db.execute("SELECT study_id, key, value_json FROM study_user_attributes").fetchall()
        studies = {
            study
            for study, key, value in rows
            if pattern.search(str(value).encode())
            or (key == SWEEP_HANDLES and any(map(subject.has_handle, _texts(value))))
        }
        trials = {
            trial for trial, study in db.execute("SELECT trial_id, study_id FROM trials") if study in studies
        }
    if not studies:
        return []
    values = {"study_id": studies, "trial_id": trials}
    about = f"{len(studies)} searches, {len(trials)} trials"
    return [Trace("search", path, 0, about, partial(delete_rows, path, values))]


def _texts(value: object) -> list[str]:
    """A list of texts in JSON, which escapes other letters than English ones; empty where it is none."""
    try:
        return msgspec.json.decode(str(value), type=list[str])
    except ValueError:
        return []


def delete_rows(path: Path, values: Values, statements: tuple[str, ...] = ()) -> None:
    """Delete, in every table, the rows with one of the values in a column of that name.

    Args:
        path: the database.
        values: values by column.
        statements: SQL statements that are executed after the deletion, in the same transaction.

    Raises:
        UserError: the database cannot be changed, for example because another program has locked it.
    """
    try:
        with closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT)) as db:
            db.execute("PRAGMA secure_delete = ON")
            with db:
                for table, table_columns in columns(db).items():
                    for column in values.keys() & table_columns:
                        db.executemany(
                            f'DELETE FROM "{table}" WHERE "{column}" = ?',  # noqa: S608 -- names of the file itself
                            [(value,) for value in values[column]],
                        )
                for statement in statements:
                    db.execute(statement)
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise UserError(
            f"{path} cannot be changed ({error}); close whatever uses it, like a dashboard, and run the "
            "same again"
        ) from error


def columns(db: sqlite3.Connection) -> dict[str, set[str]]:
    """The names of the columns of each table."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        table: {row[1] for row in db.execute(f'PRAGMA table_info("{table}")')}
        for table in tables
        if not table.startswith("sqlite_")
    }


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for the block.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT)) as db:
            yield db
    except sqlite3.Error as error:
        raise UserError(
            f"{path} cannot be read as a database ({error}); move it away or delete it"
        ) from error
