"""What the record suggests to the people who read it, each with its reasons and the edit it would make.

One module for each kind: early signals (of whose candidates `_bursts` folds the like ones, and `_signs` and
`_others` tell what speaks for them), anchors, decisions and gaps.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from pmkit import schema
from pmkit.postmortem import Postmortem
from pmkit.suggestions._record import Record
from pmkit.suggestions.anchors import suggest_anchors
from pmkit.suggestions.decisions import suggest_decisions
from pmkit.suggestions.early import suggest_early_signals
from pmkit.suggestions.gaps import suggest_gaps
from pmkit.vocabulary import Vocabulary, load_vocabulary

KINDS: Final = ("early signal", "anchor", "decision", "gap")
COLUMNS: Final = ("suggestion_id", "kind", "event_id", "time", "score", "title", "reasons", "proposal")


def suggest(postmortem: Postmortem, *, vocabulary: Vocabulary | None = None) -> pd.DataFrame:
    """What to put on the timeline, mark or record next, as read from the evidence.

    One row per suggestion, by kind and then the strongest first: `suggestion_id` (the same in every run),
    `kind`, `event_id`, `time` (UTC), `score`, `title` (what taking it does), `reasons` (a tuple of short
    sentences, with the points each one adds) and `proposal` (`table`, `row_id`, `values`: cells as text).

    - `early signal`: events before the detection that may have told of the incident. The points stand in
      `vocabulary.toml`. Several tellings of one fact are one suggestion, and so are like alerts: the first in
      the six hours before; of those that come on other days too the first of the last burst, since only
      that can belong to this incident.
    - `anchor`: events, or times stated in messages, for anchors that people have not marked.
    - `decision`: decisions spoken elsewhere than in the channel of decisions and not in `decisions`.
    - `gap`: silent stretches of the timeline in which the record is not silent, and an event to begin with.

    An event that people included is not suggested again, and one they left out (`included` no) never.
    """
    if postmortem.events.empty:
        return _frame([])
    record = Record(postmortem, vocabulary or load_vocabulary())
    if record.events.empty:
        return _frame([])
    kinds = (suggest_early_signals, suggest_anchors, suggest_decisions, suggest_gaps)
    return _frame([row for suggest_kind in kinds for row in suggest_kind(record)])


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = ["suggestion_id", "kind", "event_id", "title"]
    return frame.astype({**dict.fromkeys(texts, "str"), "time": schema.TIME_DTYPE, "score": "float64"})
