"""How many numbers of all countries the detector of private details finds, and how often it is wrong.

The numbers are the examples of the library phonenumbers: a fixed line and a mobile for each region. A text
of the files is counted where anything is found in it; what is found is printed, to be looked at.

    python benchmarks/private_details.py posts.txt timeline.csv
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from huggingtweets import sources
from huggingtweets.cleaning.text import without_links
from huggingtweets.text.private import private_details

FORMS = {
    "national": PhoneNumberFormat.NATIONAL,
    "international": PhoneNumberFormat.INTERNATIONAL,
    "E.164": PhoneNumberFormat.E164,
}
WITHOUT_PREFIX = 10  # digits at least of a number that is found without anything before it, as 98765 43210
REPEATS = 3


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("texts", nargs="*", type=Path, help="a text a line (.txt), or any place of posts")
    arguments = parser.parse_args()
    print("| form | numbers | found |\n|---|--:|--:|")
    forms = {name: list(_examples(form)) for name, form in FORMS.items()}
    forms["international, without + and code"] = [
        rest
        for number in forms["international"]
        if sum(map(str.isdigit, rest := number.partition(" ")[2])) >= WITHOUT_PREFIX
    ]
    for name, numbers in forms.items():
        found = sum(bool(private_details(f"Call me on {number} tonight.")) for number in numbers)
        print(f"| {name} | {len(numbers)} | {found} |")
    print("\n| texts | count | with something found | ms for 1,000 |\n|---|--:|--:|--:|")
    for path in arguments.texts:
        texts = [without_links(text) for text in _texts(path)]
        hits = [(text, detail) for text in texts for detail in private_details(text)]
        held = len({text for text, _ in hits})
        print(f"| {path.name} | {len(texts):,} | {held} | {_milliseconds(texts):.1f} |")
        for text, detail in hits:
            print(f"<!-- {detail.kind}: {text[detail.start : detail.end]!r} -->")


def _examples(form: int) -> Iterator[str]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
            if number := phonenumbers.example_number_for_type(region, kind):
                yield phonenumbers.format_number(number, form)


def _texts(path: Path) -> list[str]:
    if path.suffix == ".txt":
        return path.read_text("utf-8").splitlines()
    return [post.text for post in sources.read(str(path)).posts]


def _milliseconds(texts: list[str]) -> float:
    """The median time for 1,000 texts."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for text in texts:
            private_details(text)
        times.append(time.perf_counter() - started)
    return 1e6 * statistics.median(times) / len(texts)


if __name__ == "__main__":
    main()
