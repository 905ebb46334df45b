"""The look that all charts share: colours by theme and by source, the font, the frame, the chart itself."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from pmkit.clocks import find_corrections, format_offset

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Theme = Literal["light", "dark", "auto"]

FONT: Final = "Source Sans Pro, Helvetica, Arial, sans-serif"
PLOTLY_MIME: Final = "application/vnd.plotly.v1+json"
LABEL_SIZE: Final = 12
WIDTH: Final = 920  # pixels the charts are laid out for: a notebook cell on a laptop


@dataclass(frozen=True)
class Look:
    """Colours of one theme. `auto` lies on any background: legible on white and on near black."""

    paper: str
    ink: str
    muted: str
    line: str
    shade: float  # opacity of the phases


LOOKS: Final[dict[Theme, Look]] = {
    "light": Look(paper="#ffffff", ink="#1d2733", muted="#5b6878", line="#d9dfe6", shade=0.15),
    "dark": Look(paper="#16191d", ink="#e8ebef", muted="#a3adb9", line="#39414b", shade=0.22),
    "auto": Look(paper="rgba(0,0,0,0)", ink="#717b87", muted="#727c88", line="#8d96a04d", shade=0.17),
}
# What a page of JupyterLab calls these two; anywhere else they are the greys of `auto`.
_ON_PAGE: Final = {
    LOOKS["auto"].ink: f"var(--jp-ui-font-color1, {LOOKS['auto'].ink})",
    LOOKS["auto"].muted: f"var(--jp-ui-font-color2, {LOOKS['auto'].muted})",
}


# Colour and marker of each source, in the order of the lanes: after Okabe and Ito, a little deeper for print.
# No two are alike to a colour-blind eye, and all stand out on white and on black. The shapes need no colour.
SOURCE_STYLES: Final = {
    "slack": ("#1880a1", "circle"),
    "pagerduty": ("#0aa347", "square"),
    "jira": ("#6a6ee9", "diamond"),
    "monitoring": ("#a68404", "triangle-up"),
    "deploy": ("#b5550f", "star-diamond"),
    "statuspage": ("#cb6fd1", "hexagon"),
    "opsgenie": ("#339aee", "triangle-down"),
    "incident.io": ("#c8203a", "cross"),
    "firehydrant": ("#8840b6", "star"),
    "table": ("#69a176", "square-open"),
    "file": ("#9f8da7", "triangle-up-open"),
    "manual": ("#726b6a", "diamond-open"),
}
_OTHER_STYLE: Final = ("#726b6a", "circle-open")
_SOURCE_TITLES: Final = {
    "slack": "Slack",
    "pagerduty": "PagerDuty",
    "jira": "Jira",
    "monitoring": "Monitoring",
    "deploy": "Deploys",
    "statuspage": "Status page",
    "opsgenie": "Opsgenie",
    "incident.io": "incident.io",
    "firehydrant": "FireHydrant",
    "victorops": "Splunk On-Call",
    "table": "Table",
    "file": "File",
    "manual": "Observed",
}


@dataclass(frozen=True)
class Chart:
    """A chart as plotly's own JSON. It shows itself like a plotly figure, without loading plotly.

    In the look `auto` its text takes the colours of JupyterLab where it is shown, dark or light.
    """

    spec: dict[str, Any]

    @property
    def figure(self) -> Figure:
        """The same as a plotly figure, to restyle it."""
        import plotly.graph_objects as go

        # Built from a dict a figure is checked once as a whole; add_shape in a loop is quadratic.
        return go.Figure(self.shown)

    @property
    def shown(self) -> dict[str, Any]:
        """What is handed to a notebook."""
        spec = self.spec
        if spec["layout"]["font"]["color"] != LOOKS["auto"].ink:
            return spec
        data = spec["data"]
        if spec["layout"].get("showlegend"):
            colour = spec["layout"]["legend"]["font"]["color"]
            data = [trace | {"name": _dyed(trace["name"], colour)} for trace in data]
        return spec | {"data": data, "layout": _on_page(spec["layout"])}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {PLOTLY_MIME: self.shown, "text/plain": self.spec["layout"]["meta"]["alt"]}


def _on_page(part: Any) -> Any:
    """The same part of a layout, the text in it in the colours of the page around it."""
    if isinstance(part, list):
        return [_on_page(one) for one in part]
    if not isinstance(part, dict):
        return part
    page = {name: _on_page(value) for name, value in part.items()}
    colour = (part.get("font") or part.get("tickfont") or {}).get("color")
    if colour not in _ON_PAGE:
        return page
    if "text" in part:
        page["text"] = _dyed(part["text"], colour)
    if "steps" in part:
        page["steps"] = [step | {"label": _dyed(step["label"], colour)} for step in page["steps"]]
    if "ticktext" in part:
        page["ticktext"] = [_dyed(text, colour) for text in part["ticktext"]]
    elif "tickformatstops" in part:
        stops = part["tickformatstops"]
        page["tickformatstops"] = [stop | {"value": _dyed(stop["value"], colour)} for stop in stops]
    elif "tickformat" in part:
        page["tickformat"] = _dyed(part["tickformat"], colour)
    elif "tickfont" in part:
        page["tickprefix"], page["ticksuffix"] = _dyed("|", colour).split("|")
    return page


def _dyed(text: str, colour: str) -> str:
    """Text for plotly in what the page calls that colour, line by line."""
    lines = (f'<span style="fill:{_ON_PAGE[colour]}">{line}</span>' for line in text.split("\n"))
    return "\n".join(lines)


def frame_layout(
    look: Look, width: int, height: int, *, left: float, top: int, bottom: int
) -> dict[str, Any]:
    """The layout every chart begins with."""
    return {
        "width": width,
        "height": height,
        "margin": {"l": left, "r": 24, "t": top, "b": bottom},
        "template": {},  # only what stands here; plotly's own look is left out
        "paper_bgcolor": look.paper,
        "plot_bgcolor": look.paper,
        "font": {"family": FONT, "size": LABEL_SIZE, "color": look.ink},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
    }


def empty_chart(name: str, words: str, look: Look, width: int) -> Chart:
    """One sentence where a chart will be."""
    layout = frame_layout(look, width, 90, left=24, top=10, bottom=10)
    hidden = {"visible": False, "fixedrange": True}
    sentence = {
        "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "text": f"{words}.", "showarrow": False,
        "font": {"size": LABEL_SIZE, "color": look.muted},
    }  # fmt: skip
    layout |= {"xaxis": hidden, "yaxis": hidden, "annotations": [sentence]}
    return Chart({"data": [], "layout": layout | {"meta": {"name": name, "caption": "", "alt": words}}})


# Sources


def source_style(source: str) -> tuple[str, str]:
    """Colour and marker of a source; one that the kit does not know has a look of its own too."""
    return SOURCE_STYLES.get(source, _OTHER_STYLE)


def source_title(source: str) -> str:
    """The source's name as people write it."""
    return _SOURCE_TITLES.get(source, source)


def correction_words(events: pd.DataFrame) -> str:
    """`Clocks are corrected: PagerDuty by +37 s.`; "" where none is."""
    if "recorded_at" not in events:
        return ""  # a frame of somebody's own
    found = find_corrections(events)
    said = [
        f"{source_title(source)} by {format_offset(seconds)}"
        for source, seconds in zip(found["source"], found["offset_seconds"], strict=True)
    ]
    return f"Clocks are corrected: {', '.join(said)}." if said else ""


def source_rank(source: str) -> int:
    """Where a source stands among the others, the first at 0."""
    names = list(SOURCE_STYLES)
    return names.index(source) if source in names else len(names)


def lane_of(events: pd.DataFrame) -> pd.Series:
    """The lane of each event: Slack by channel, every other source as one lane."""
    titles = events["source"].map(source_title).astype("str")
    is_channel = (events["source"] == "slack") & (events["place"] != "")
    return titles.mask(is_channel, events["place"])


# Words and times on a chart


def shorten(text: str, most: int) -> str:
    """The text in at most so many characters, cut between words."""
    words = " ".join(text.replace("`", "").split())  # marks of code are noise on a chart
    if len(words) <= most:
        return words
    head = words[: most + 1].rpartition(" ")[0] or words[:most]
    return head.rstrip(",.;:–- ") + "…"


def text_width(text: str, size: int, *, bold: bool = False) -> float:
    """Pixels a text takes, on the safe side for Source Sans, Helvetica and Arial."""
    ems = sum(_ems(character) for character in text)
    return ems * size * (1.1 if bold else 1)


def _ems(character: str) -> float:
    letter = unicodedata.normalize("NFD", character)[0]  # an accent takes no width
    known = next((ems for letters, ems in _LETTER_WIDTHS if letter in letters), None)
    if known is not None:
        return known
    if letter.isascii():
        return 0.78 if letter.isupper() else 0.56
    if unicodedata.combining(letter):
        return 0
    if unicodedata.category(letter) == "So":
        return 1.4  # emoji
    return 0.8 if letter.islower() else 1.05


_LETTER_WIDTHS: Final = (
    ("ijlI.,:;|!' ()[]·", 0.335), ("+<=>~#", 0.6), ("mwM%&", 0.9), ("W@—…æœщшюжљњ", 1.02),
)  # fmt: skip


def iso_times(times: Iterable[pd.Timestamp]) -> list[str]:
    """UTC times as text without zone: plotly would shift a zone away, and loses nanosecond integers."""
    return [time.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%f") for time in times]


def plain(text: str) -> str:
    """Text that plotly shows as it is: its mini-HTML escaped, control characters gone, no formula."""
    visible = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c == "\u200d")
    # A dollar is spelt out, because between two of them plotly sees a formula where MathJax is at hand.
    return html.escape(visible, quote=False).replace("$", "&#36;")


def see_through(colour: str, opacity: float) -> str:
    """A colour of six digits with an opacity; any other colour as it is."""
    if not colour.startswith("#"):
        return colour
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
