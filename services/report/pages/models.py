"""View models: everything a template prints, already in words and in one language."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.report.pages.charts import Plot, Segment


@dataclass(frozen=True)
class Line:
    """One round in the list; `href` if it has a page."""

    title: str
    period: str
    sentence: str
    href: str | None


@dataclass(frozen=True)
class OptionRow:
    label: str
    number: int
    share: str


@dataclass(frozen=True)
class QuestionView:
    text: str
    n: str
    note: str
    share: str
    bar: Sequence[Segment]
    rows: Sequence[OptionRow]


@dataclass(frozen=True)
class ScoreView:
    """One unit of the group; without `value` the `sentence` says why. `ends` are the words at both ends of the axis."""

    title: str
    value: str = ""
    between: str = ""
    n: str = ""
    plot: Plot | None = None
    ends: tuple[str, str] = ("", "")
    sentence: str = ""
    trend: str = ""
    moved: str = ""
    questions: Sequence[QuestionView] = ()


@dataclass(frozen=True)
class Place:
    """One unit in a row of the table of groups."""

    title: str
    value: str = ""
    between: str = ""
    n: str = ""
    plot: Plot | None = None
    note: str = ""


@dataclass(frozen=True)
class GroupRow:
    label: str
    href: str
    size: int
    places: Sequence[Place]


@dataclass(frozen=True)
class Column:
    title: str
    href: str
    is_sorted: bool


@dataclass(frozen=True)
class CommentsView:
    """One open part: the group's own comments, and those of groups below; or a `sentence` that says where they are."""

    question: str
    sentence: str
    groups: Sequence[tuple[str, str, Sequence[str]]]
    """Name and address of a group below ("" for this one), and its comments; none where they stand on its page."""


@dataclass(frozen=True)
class PartRow:
    title: str
    minimum: int
    counted: int
    held_back: int
    refused: int


@dataclass(frozen=True)
class GroupView:
    """The page of one group in one round, and of the company as a whole."""

    title: str
    round_title: str
    about: str
    lead: str
    turnout: str
    crumbs: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    zone: str = ""
    scores: Sequence[ScoreView] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[GroupRow] = ()
    comments: Sequence[CommentsView] = ()
    comments_note: str = ""
    combined: Sequence[str] = ()
    check_code: str = ""
    parts: Sequence[PartRow] = ()
    round_id: str = ""
    sign_in: bool = False
    places: Sequence[tuple[str, str]] = field(default=())
