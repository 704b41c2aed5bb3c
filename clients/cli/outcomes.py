"""How a command can end other than well, and the exit code of each; the words for people are in texts/*.yaml."""

from enum import IntEnum, StrEnum


class Exit(IntEnum):
    """What `klankbord` gives back to the shell."""

    OK = 0
    REFUSED = 1  # a service said no
    USAGE = 2  # what was typed, or a file that was named, is not right; nothing was sent
    ALARM = 3  # somebody did what nobody honest does
    UNAVAILABLE = 4  # a service did not answer, or nothing that makes sense


class AlarmReason(StrEnum):
    """What nobody honest does. A client stops at once, keeps what it has, and says it in plain words."""

    NOT_AGREED = "not-agreed"  # rules that not everybody has signed, or that break a floor of this client
    DIFFERENT_RULES = "different-rules"  # two services show different rules for one round
    CHANGED_RULES = "changed-rules"  # other rules than those with which the tokens were collected
    WRONG_GROUPS = "wrong-groups"  # nodes that are not in the signed tree, or are no path in it
    SMALL_GROUP = "small-group"  # a group below the minimum
    WRONG_KEYS = "wrong-keys"  # a signing key too many, too few, or twice
    WRONG_MEMBERS = "wrong-members"  # the names do not fit what the rules say about them
    DIFFERENT_GROUPS = "different-groups"  # two issuers place one person in different groups
    DIFFERENT_MEMBERS = "different-members"  # two issuers name different people
    ALREADY_COLLECTED = "already-collected"  # the tokens of this person were given to somebody
    BAD_TOKEN = "bad-token"  # noqa: S105 - what an issuer sent is no signature of what was asked
    BAD_RECEIPT = "bad-receipt"  # ingest's receipt is forged or about something else
    BAD_RELEASE = "bad-release"  # the published records do not hang together
    BAD_LIST = "bad-list"  # the list of counted entries is not the signed one
    NOT_COUNTED = "not-counted"  # an acknowledged answer is missing from the signed list
    OLD_COUNTED = "old-counted"  # an earlier version was counted instead of the acknowledged later one
    CHANGED_PAGE = "changed-page"  # what is served is not the published page


class Trouble(StrEnum):
    """Why a service gave no usable answer."""

    NETWORK = "network"
    BUSY = "busy"
    BROKEN = "broken"
    NONSENSE = "nonsense"
    CERTIFICATE = "certificate"  # the machine does not trust who answers there
    PLAIN_HTTP = "plain-http"  # the address is neither https nor on this machine


class Alarm(Exception):
    """`reason` for everybody, `detail` (a name, a part) for whoever looks into it; never anything secret."""

    def __init__(self, reason: AlarmReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class Refusal(Exception):
    """A problem document (RFC 9457) of a service: `word` is the end of its type, `detail` a sentence in English."""

    def __init__(self, service: str, status: int, word: str, detail: str, more: dict[str, object]) -> None:
        super().__init__(f"{service}: {word}")
        self.service = service
        self.status = status
        self.word = word
        self.detail = detail
        self.more = more


class Unavailable(Exception):
    """No answer that could be used; `retry_after` in seconds if the service said when to come back."""

    def __init__(self, service: str, trouble: Trouble, retry_after: float | None = None) -> None:
        super().__init__(f"{service}: {trouble}")
        self.service = service
        self.trouble = trouble
        self.retry_after = retry_after


class BadInput(Exception):
    """Something that the user gave cannot be used: `text` is a key of texts/*.yaml, `values` go into it."""

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values
