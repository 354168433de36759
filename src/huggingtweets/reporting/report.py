"""report.html: an evaluation in one file, for people who do not know the terms.

The page loads nothing and runs nothing: style, charts and pictures are inside of it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..results import ENOUGH, MODEL, OWN, Evaluation
from ..text.languages import without_spaces
from ..types import NO_BASE, Author, Record
from . import game, sections, tables
from .compared import Compared
from .context import report_context, summed, tuned
from .formats import format_sampling
from .picture import plain
from .portrait import address, portrait

HERE = Path(__file__).parent
FACES = 3  # authors whose picture is shown; the rest have initials, so that the file stays small


def report_html(
    record: Record,
    evaluation: Evaluation,
    samples: Sequence[Compared] = (),
    *,
    avatars: Mapping[str, bytes] = MappingProxyType({}),
) -> str:
    """The whole page. The same arguments give the same text.

    Args:
        record: what is known of the model.
        evaluation: what was measured of it.
        samples: posts as they came, none picked, each beside the training post that it is most like.
        avatars: image files by handle; who has none, or a broken one, gets initials.
    """
    context = report_context(record, evaluation)
    who, drawn = context.who, sections.sections(evaluation, context)
    return (
        html_environment()
        .get_template("report.html.j2")
        .render(
            record=record,
            evaluation=evaluation,
            who=who,
            font=b64encode((HERE / "fonts" / "BricolageGrotesque.woff2").read_bytes()).decode(),
            people=[_person(author, place, avatars) for place, author in enumerate(summed(record.authors))],
            headlines=sections.headlines(evaluation, context),
            facts=_facts(record, evaluation, who),
            labels=sections.labels(who),
            groups=sections.groups(evaluation, who),
            before_samples=[one for one in drawn if one.section.order < sections.SAMPLES_ORDER],
            samples=[sections.sample(post) for post in samples],
            sampling_text=format_sampling(record.recipe.sampling),
            after_samples=[one for one in drawn if one.section.order >= sections.SAMPLES_ORDER],
            game=game.sentence(evaluation.game),
            game_section=game.SECTION,
            unknown=tables.unknown(evaluation),
            absent=tables.absent(evaluation, who, based=record.base.name != NO_BASE),
            without_spaces=without_spaces(author.language for author in record.authors),
            tuned=tuned(record),
            methods=sections.methods(evaluation, context),
            table=tables.every_line(evaluation),
        )
    )


@cache
def html_environment() -> Environment:
    """What renders pages: everything is escaped for HTML, and a missing value is an error."""
    return Environment(
        loader=PackageLoader("huggingtweets.reporting"),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else plain(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _person(author: Author, place: int, avatars: Mapping[str, bytes]) -> dict[str, object]:
    face = portrait(author.account, avatars if place < FACES else {})
    return {**face, "picture": address(face)}


def _facts(record: Record, evaluation: Evaluation, who: str) -> list[tuple[str, str]]:
    counts, sampling = evaluation.counts, record.recipe.sampling
    created, based = record.created_at, record.base.name != NO_BASE
    beside = f"{counts.groups[OWN]:,}" if OWN in counts.groups else f"fewer than {ENOUGH}"
    return [
        ("Made", f"{created.day} {created:%B %Y}"),
        ("Learnt from", f"{counts.train:,} posts by {who}"),
        ("Evaluated on", f"{counts.groups.get(MODEL, 0):,} posts of its own, unpicked"),
        ("Beside", f"{beside} posts by {who} that it never saw"),
        ("Base and recipe", f"{record.base.name if based else 'no base'}, {record.recipe.name}"),
        ("Sampling", format_sampling(sampling)),
        ("Longest", f"{sampling.max_new_tokens} {'tokens' if based else 'bytes'} a post"),
        ("Seed", f"{evaluation.seed} here, {record.recipe.seed} in training"),
    ]
