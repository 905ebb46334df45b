"""Fixed words in other languages: complete catalogues, dates and numbers, and nobody else's words touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.errors import TemplateError
from pmkit.language import english_phrases, lacking, language_codes, load_language

PLACES = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("code", ["de", "ja"])
def test_a_finished_catalogue_says_every_phrase(code: str) -> None:
    """Each with the same places, and none that the report never says."""
    language = load_language(code)
    assert lacking(language) == []
    assert set(language.phrases) == set(english_phrases())
    for english, said in language.phrases.items():
        assert sorted(set(PLACES.findall(said))) == sorted(set(PLACES.findall(english))), english
        assert said.strip()


def test_an_unfinished_one_says_so() -> None:
    """What it has fits; the rest is counted."""
    hebrew = load_language("he")
    assert (hebrew.direction, hebrew.is_complete) == ("rtl", False)
    assert 0 < len(lacking(hebrew)) < len(english_phrases())
    assert set(hebrew.phrases) < set(english_phrases())
    for english, said in hebrew.phrases.items():
        assert set(PLACES.findall(said)) <= set(PLACES.findall(english)), english


def test_no_phrase_stands_twice() -> None:
    """One phrase has one meaning."""
    phrases = english_phrases()
    assert len(set(phrases)) == len(phrases)
    assert language_codes() == ["de", "en", "he", "ja"]


@pytest.mark.parametrize(
    ("english", "german", "japanese"),
    [
        ("3 Nov 2026 07:41 to 09:22 UTC, 1 h 41 min", "3. Nov. 2026 07:41 bis 09:22 UTC, 1 Std. 41 Min.",
         "2026年11月3日 07:41～09:22 UTC、1 時間 41 分"),
        ("Postmortem · 3 March 2026", "Postmortem · 3. März 2026", "ポストモーテム · 2026年3月3日"),
        ("6 min 35 s", "6 Min. 35 Sek.", "6 分 35 秒"),
        ("07:41:12 impact started → 07:59:12 detected", "07:41:12 Auswirkung begann → 07:59:12 erkannt",
         "07:41:12 影響開始 → 07:59:12 検知"),
        ("1,421", "1.421", "1,421"),
        ("due 20 Nov 2026", "fällig 20. Nov. 2026", "期限 2026年11月20日"),
        ("no due date", "ohne Termin", "期限なし"),
        ("reached 4 Nov 2026 15:10 UTC", "erreicht 4. Nov. 2026 15:10 UTC", "2026年11月4日 15:10 UTC 達成"),
        ("24 unreadable", "24 unlesbar", "24 件読み取り不可"),
        ("no decision is recorded about “root cause”",
         "keine Entscheidung über „Grundursache“ ist festgehalten",
         "「根本原因」についての決定が記録されていません"),
        ("Causal graph of 2 contributing factors: F1 leads to F2 and impact; F2 leads to impact",
         "Ursachengraph mit 2 beitragenden Faktoren: F1 führt zu F2 und Auswirkung; F2 führt zu Auswirkung",
         "寄与要因 2 件の因果関係図：F1 は F2 と 影響 につながる；F2 は 影響 につながる"),
        ("Clocks are corrected: PagerDuty by +37 s.", "Korrigierte Uhren: PagerDuty um +37 s.",
         "時計を補正しています：PagerDuty を +37 s。"),
    ],
)  # fmt: skip
def test_phrases_are_told_with_their_dates_and_numbers(english: str, german: str, japanese: str) -> None:
    """Months, durations and figures take the form of the language; times of the day stay."""
    assert load_language("de").tell(english) == german
    assert load_language("ja").tell(english).replace("; ", "；") == japanese


@pytest.mark.parametrize(
    "words",
    [
        "Second approval given by phone and from a train", "Why this and not the deadline",
        "F1 → F2", "Rollout leads to errors", "The summary", "timeline of a day", "",
    ],
)  # fmt: skip
def test_what_people_write_fits_no_phrase(words: str) -> None:
    """Patterns that nearly anything fits are tried only inside of others."""
    assert load_language("de").tell(words) == words


@given(st.text(max_size=60))
def test_no_words_break_it(words: str) -> None:
    """Whatever is told, something is said."""
    assert isinstance(load_language("ja").tell(words), str)


@pytest.mark.parametrize("code", ["xx", "", "../de", "d e", "de/../en"])
def test_a_language_without_a_catalogue_is_refused(code: str) -> None:
    """With those there are; a region is that of its language."""
    with pytest.raises(TemplateError, match=r"no language .* there are de, en, he, ja"):
        load_language(code)
    assert load_language("de-AT").code == "de"
