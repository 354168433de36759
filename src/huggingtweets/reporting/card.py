"""The model card: metadata from huggingface_hub, then a template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache

from huggingface_hub import EvalResult, ModelCard, ModelCardData
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..bases.languages import language_warning
from ..model_folder import PREDICTIONS, avatar_picture, prompt_of
from ..results import MODEL, Evaluation, Metric
from ..text import MARKS
from ..text.languages import without_spaces
from ..types import NO_BASE, OF_NGRAM, PROMPT, Author, Base, Funnel, Reason, Record, Sample
from .context import MOST_SHOWN, WHAT_IS_READ, names, report_context, summed, tuned
from .escaping import escape, escape_cell
from .formats import format_sampling
from .picture import plain
from .reasons import REASONS
from .sections import headlines
from .tables import card_rows

LABELS = {"bits_per_byte": "Bits per byte of held-out posts"}
SHOWN_FIELDS = (
    *("name", "method", "lora_rank", "epochs", "learning_rate", "learning_rate_steps"),
    *("batch_tokens", "averaged_steps", "sampled_tokens", "seed"),
)
SHOWN_SAMPLES = 3
_LETTERS_ONLY = re.compile(rf"[^\W\d_](?:[^\W\d_]|[ {MARKS}])*")
LICENCES = {  # by SPDX or a name of their own, as the Hub calls them
    "Apache-2.0": "apache-2.0",
    "MIT": "mit",
    "Gemma": "gemma",
    "Llama-3.2": "llama3.2",
}


def model_card(record: Record, *, pictures: Sequence[str], evaluation: Evaluation | None = None) -> str:
    """The whole README.md of a model folder.

    Args:
        record: what is known of the model.
        pictures: names of the pictures beside it; only these are shown.
        evaluation: what was measured of it, if it was.
    """
    view = {
        **_view(record, pictures),
        "evaluation": _evaluation(record, evaluation) if evaluation else None,
        "what_is_read": WHAT_IS_READ,
    }
    body = environment().get_template("card.md.j2").render(view)
    text = f"---\n{_metadata(record, pictures).to_yaml()}\n---\n\n{body}"
    return str(ModelCard(text))


def _metadata(record: Record, pictures: Sequence[str]) -> ModelCardData:
    based = record.base.name != NO_BASE
    return ModelCardData(
        language=sorted({author.language for author in record.authors if author.language}) or None,
        tags=["huggingtweets", "text-generation", *(["merge"] if record.merged_from else [])],
        pipeline_tag="text-generation",
        library_name=_library(record),
        base_model=hub_id(record.base) or record.base.made_from or None,
        license=LICENCES.get(record.base.licence),
        widget=[{"text": plain(prompt_of(record))}] if based else None,
        thumbnail=PREDICTIONS if PREDICTIONS in pictures else None,
        model_name=plain(record.name),
        eval_results=[_result(metric, record) for metric in record.result.metrics] or None,
    )


def _library(record: Record) -> str:
    if record.base.name == NO_BASE or _is_adapter_alone(record):
        return "huggingtweets"
    return "peft" if _is_adapter(record) else "transformers"


def _is_adapter(record: Record) -> bool:
    """Whether the folder holds an adapter beside a base on the Hub instead of a whole model."""
    recipe = record.recipe
    return recipe.method == "lora" and not recipe.merge_adapter and hub_id(record.base) is not None


def _is_adapter_alone(record: Record) -> bool:
    """Whether the folder holds an adapter beside a base that only this program finds by its name."""
    recipe = record.recipe
    wanted = recipe.method == "lora" and recipe.adapter_only and not recipe.merge_adapter
    return bool(wanted) and hub_id(record.base) is None


def _result(metric: Metric, record: Record) -> EvalResult:
    return EvalResult(
        task_type="text-generation",
        dataset_type="posts",
        dataset_name=f"Held-out posts of {names(record.authors)}",
        dataset_split="held out",
        metric_type=metric.name,
        metric_name=LABELS.get(metric.name, metric.name),
        metric_value=round(metric.value, 3),
    )


def hub_id(base: Base) -> str | None:
    """The base's name on the Hub; only a base from there has a revision."""
    return base.name.partition("@")[0] if base.revision else None


@cache
def environment() -> Environment:
    """Templates whose every expression is escaped for HTML and Markdown at once."""
    templates = Environment(
        loader=PackageLoader("huggingtweets.reporting"),
        autoescape=True,
        finalize=escape,
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters["cell"] = escape_cell
    return templates


def _view(record: Record, pictures: Sequence[str]) -> dict[str, object]:
    """What the template shows, in the order in which it does."""
    authors = summed(record.authors)
    hyperparameters = _recipe(record)
    return {
        "record": record,
        "pictures": pictures,
        "authors": _authors(record, pictures),
        "prompt": _harmless_prompt(record),
        "opening": _harmless_opening(record),
        "names": names(record.authors),
        "columns": [_column(author) for author in authors],
        "others": ", ".join(f"@{author.account.handle}" for author in record.authors[MOST_SHOWN:]),
        "summary": _summary([author.funnel for author in authors]),
        "funnel": _funnel(authors),
        "tracker_url": _web(record.tracked.url),
        "tuned": tuned(record),
        "base": _base(record.base) if record.base.name != NO_BASE else "",
        "adapter": _is_adapter(record),
        "without_spaces": without_spaces(author.language for author in record.authors),
        "language_warning": language_warning(
            record.base.name, record.base.languages, [author.language for author in record.authors]
        ),
        "adapter_alone": _is_adapter_alone(record),
        "averaged": _averaged(record),
        "merged": [
            [parent.name, f"{parent.weight:.3g}", parent.digest[:12]] for parent in record.merged_from
        ],
        "recipe": hyperparameters[0],
        "other_fields": hyperparameters[1],
        "shown_samples": SHOWN_SAMPLES,
        "metrics": [_metric(metric) for metric in record.result.metrics],
        "sampling": record.recipe.sampling,
        "sampling_text": format_sampling(record.recipe.sampling),
        "samples": [_sample(sample) for sample in record.result.samples],
        "several_beginnings": len({sample.prompt for sample in record.result.samples}) > 1,
        "versions": ({"huggingtweets": record.version} | record.environment).items(),
    }


def _column(author: Author) -> str:
    """The title of an author's column in a table."""
    return f"@{author.account.handle}" if author.account.handle else author.account.name


def _authors(record: Record, pictures: Sequence[str]) -> list[dict[str, str | None]]:
    return [
        {
            "name": author.account.name or author.account.handle,
            "handle": author.account.handle,
            "url": _web(author.account.url),
            "picture": name if (name := avatar_picture(number)) in pictures else None,
        }
        for number, author in enumerate(record.authors[:MOST_SHOWN], start=1)
    ]


def _web(url: str) -> str | None:
    """An address on the web on one line; None for all others, which must not become links."""
    return plain(url) if re.match(r"https?://", url) else None


def _harmless_prompt(record: Record) -> Markup:
    """The prompt as code shows it, where nothing is escaped: letters only, or that of English cards."""
    prompt = prompt_of(record)
    return Markup(prompt if _LETTERS_ONLY.fullmatch(prompt) else PROMPT)  # noqa: S704 -- letters and spaces


def _summary(funnels: Sequence[Funnel]) -> list[list[str]]:
    """The four rows that the cards have had since 2020, for posts of any network, and the rest."""
    reposts = [funnel.dropped.get(Reason.REPOST, 0) for funnel in funnels]
    short = [funnel.dropped.get(Reason.SHORT, 0) for funnel in funnels]
    dropped = (funnel.read - funnel.kept for funnel in funnels)
    others = (total - repost - few for total, repost, few in zip(dropped, reposts, short, strict=True))
    return [
        _row("Posts read", (funnel.read for funnel in funnels)),
        _row("Reposts", reposts),
        _row("Short posts", short),
        _row("Left out for other reasons", others),
        _row("Posts kept", (funnel.kept for funnel in funnels)),
    ]


def _funnel(authors: Sequence[Author]) -> list[list[str]]:
    funnels = [author.funnel for author in authors]
    reasons = [reason for reason in REASONS if any(reason in funnel.dropped for funnel in funnels)]
    return [
        _row("read", (funnel.read for funnel in funnels)),
        *(_row(REASONS[reason], (funnel.dropped.get(reason, 0) for funnel in funnels)) for reason in reasons),
        _row("kept", (funnel.kept for funnel in funnels)),
        _row("kept to learn from", (author.train for author in authors)),
        _row("kept and held out", (author.held_out for author in authors)),
        _row("characters kept", (author.characters for author in authors)),
    ]


def _row(label: str, counts: Iterable[int]) -> list[str]:
    return [label, *(f"{count:,}" for count in counts)]


def _base(base: Base) -> str:
    parts = [base.name, base.architecture, f"{base.parameters:,} parameters" if base.parameters else ""]
    parts += [f"revision {base.revision[:12]}" if base.revision else "", f"sha256 {base.digest[:12]}"]
    parts += [f"from {base.origin}" if base.origin else "", base.precision]
    parts += [f"licence {base.licence}" if base.licence else ""]
    return ", ".join(part for part in parts if part)


def _recipe(record: Record) -> tuple[list[tuple[str, object]], list[tuple[str, object]]]:
    """The hyperparameters that tell recipes apart, and all others that meant something to this model."""
    fields = record.recipe.fields_in_use()
    if "base" in fields:
        fields["base"] = record.base.name  # of a base in a folder, the name alone
    sampling = fields.pop("sampling")
    fields.pop("tuned_on", None)  # which the card says in words
    if record.merged_from:  # then nothing was trained
        fields = {name: value for name, value in fields.items() if name in OF_NGRAM}
    fields |= {f"sampling.{name}": value for name, value in sampling.items()}
    shown = [(name, value) for name, value in fields.items() if name in SHOWN_FIELDS]
    return shown, [(name, value) for name, value in fields.items() if name not in SHOWN_FIELDS]


def _averaged(record: Record) -> str:
    """Of which runs the weights are the mean, where training had several; "" where it had one."""
    trained = record.curve[1:]
    if not record.recipe.averaged_steps or not trained or record.merged_from:
        return ""
    best = min(trained, key=lambda point: point.bits_per_byte)
    runs, kept = (round(point.epoch / record.recipe.epochs) for point in (trained[-1], best))
    if runs <= 1:
        return ""
    return "the first run" if kept <= 1 else f"the first {kept} runs"


def _harmless_opening(record: Record) -> Markup:
    """What a string of Python shows of the recipe's opening, in ASCII and without the sign that ends code."""
    literal = json.dumps(record.recipe.opening or "")[1:-1].replace("`", "\\u0060")
    return Markup(literal)  # noqa: S704 -- nothing in it ends a string or a block of code


def _metric(metric: Metric) -> list[str]:
    figures = (metric.value, metric.floor)
    cells = ["" if figure is None else f"{figure:.3f}" for figure in figures]
    return [LABELS.get(metric.name, metric.name), *cells, f"{metric.count:,}" if metric.count else ""]


def _evaluation(record: Record, evaluation: Evaluation) -> dict[str, object]:
    """The short answers, every row, and how the posts that were measured came to be."""
    answers = evaluation.answers.values()
    train_posts = sum(author.train for author in record.authors)
    return {
        "headlines": headlines(evaluation, report_context(record, evaluation)),
        "rows": card_rows(evaluation),
        "written": evaluation.counts.groups.get(MODEL, 0),
        "seed": evaluation.seed,
        "about_ngram": [sentence for answer in answers if (sentence := answer.about_ngram(train_posts))],
    }


def _sample(sample: Sample) -> dict[str, str]:
    """Prompt and what follows; the space between them is kept, since escaping folds it."""
    prompt, text = plain(sample.prompt), plain(sample.text)
    rest = text.removeprefix(prompt)
    if rest == text:
        prompt = ""
    return {"prompt": prompt, "space": Markup(" ") if rest.startswith(" ") else "", "rest": rest}
