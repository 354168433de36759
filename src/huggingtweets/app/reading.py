"""Reading the posts of a selection: what can be read is, and what cannot keeps its error."""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec.structs import replace

from ..cleaning import EXAMPLES
from ..dataset.sufficiency import Level, sufficiency
from ..errors import LocationError, NoTextColumn, SeveralAuthors
from ..workflows.data import DataConfig
from ..workflows.inspect import Inspection
from . import training_request
from .events import Done
from .limits import Limits
from .messages import error_message, hide_paths
from .reader import Reader
from .selection import Place, Selection, save
from .sessions import Session


def read_posts(selection: Selection, session: Session, limits: Limits) -> tuple[Selection, list[Inspection]]:
    """Read and clean the posts of a selection, and save its new summary.

    Where a place cannot be read, the others are, and it keeps its error.

    Returns:
        The selection as it was saved, and an inspection for each author.

    Raises:
        UserError: a limit is reached, or the places cannot be read together.
    """
    session.make()
    with session.use_home(), session.reading():
        reader = Reader(limits, session.own_home)
        try:
            read = _inspect(selection, reader)
        except Exception as error:
            selection = _with_errors(selection, reader)
            if not any(place.error for place in selection.places):
                raise
            del error
            read = _inspect(selection, reader)
    authors = [inspection.author for inspection in read]
    level = sufficiency([text for author in authors for text in author.texts]).level
    selection = replace(
        selection,
        title=" + ".join(author.account.handle for author in authors),
        kept=sum(author.cleaned.funnel.kept for author in authors),
        enough=level is not Level.TOO_LITTLE,
    )
    return save(selection, session), read


def inspections(
    selection: Selection, session: Session, limits: Limits, examples: int = EXAMPLES
) -> list[Inspection]:
    """Read and clean the posts of a selection that can be read; nothing is saved.

    Args:
        selection: the places.
        session: of the visitor.
        limits: how much is read.
        examples: texts of dropped posts that are kept for each reason.

    Raises:
        UserError: a limit is reached, or a place cannot be read any more.
    """
    session.make()
    with session.use_home(), session.reading():
        return _inspect(selection, Reader(limits, session.own_home), examples)


def delete_unused_uploads(selection: Selection, session: Session) -> None:
    """Delete the uploaded files that neither the selection nor a run that may go on needs."""
    runs = training_request.runs(session)
    used = {place.location for place in selection.places}
    used |= {place for run in runs if not isinstance(run.state, Done) for place in run.request.locations}
    for folder in session.uploads.iterdir() if session.uploads.is_dir() else ():
        if not any(Path(place).is_relative_to(folder) for place in used):
            shutil.rmtree(folder, ignore_errors=True)


def _inspect(selection: Selection, reader: Reader, examples: int = EXAMPLES) -> list[Inspection]:
    data = DataConfig(
        locations=tuple(place.location for place in selection.readable),
        options=selection.options,
        rules=selection.rules,
    )
    return reader.inspect(data, examples) if data.locations else []


def _with_errors(selection: Selection, reader: Reader) -> Selection:
    """Read each place alone, and note why it cannot be read."""
    names = [(place.location, place.shown) for place in selection.places]
    places = []
    for place in selection.places:
        if not place.error:
            try:
                _inspect(replace(selection, places=(place,)), reader)
            except Exception as error:  # noqa: BLE001 -- all are shown, and the unexpected ones logged
                place = Place(  # noqa: PLW2901 -- the same place, with its error
                    place.location,
                    place.shown,
                    hide_paths(error_message(error), names),
                    error.authors if isinstance(error, SeveralAuthors) else {},
                    error.columns if isinstance(error, NoTextColumn) else (),
                    isinstance(error, LocationError) and error.one_author_helps,
                )
        places.append(place)
    return replace(selection, places=tuple(places))
