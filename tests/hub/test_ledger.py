"""The ledger of uploads: one entry for each repository, which replaces an earlier one."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from huggingtweets.hub import ledger
from huggingtweets.types import Permission

ENDPOINT = "https://hub.example"
ENTRY = ledger.LedgerEntry(
    url=f"{ENDPOINT}/ada/bot",
    id="ada/bot",
    kind="model",
    endpoint=ENDPOINT,
    handles=("ada",),
    permission=Permission(kind="given", words="by mail"),
    model_digest="0" * 64,
    files=("README.md",),
    at=datetime(2026, 1, 2, tzinfo=UTC),
)


def test_an_entry_is_found_by_its_repository():
    """Endpoint, name and kind identify a repository."""
    ledger.save(ENTRY)
    assert ledger.find(ENDPOINT, "ada/bot", "model") == ENTRY
    assert ledger.find(ENDPOINT, "ada/bot", "dataset") is None
    assert ledger.find("https://elsewhere.example", "ada/bot", "model") is None


def test_a_later_upload_replaces_the_entry():
    """There is one entry for each repository, that of its last upload."""
    ledger.save(ENTRY)
    finished = replace(ENTRY, commit="c0ffee")
    ledger.save(finished)
    assert list(ledger.entries().values()) == [finished]


def test_entries_are_sorted_by_time_and_damaged_files_are_skipped(home):
    """The earliest upload comes first."""
    later = replace(ENTRY, id="ada/later", at=datetime(2026, 3, 1, tzinfo=UTC))
    earlier = replace(ENTRY, id="ada/earlier", at=datetime(2025, 1, 1, tzinfo=UTC))
    for entry in (later, ENTRY, earlier):
        ledger.save(entry)
    (home / ledger.FOLDER / "damaged.json").write_text('{"url": ', "utf-8")
    (home / ledger.FOLDER / "no-text.json").write_bytes(b'{"url": "\xff"}')
    assert list(ledger.entries().values()) == [earlier, ENTRY, later]
