"""Looking at a round from outside, with nothing but the log, parties.json and the true answers."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from deploy.trial.installation import Installation
from deploy.trial.kept import Kept
from deploy.trial.organisation import Employee, roster_csv
from deploy.trial.simulation import Turnout
from deploy.trial.story import TrueAnswers
from shared import bundle, release_items, topics
from shared.canonical import b64
from shared.log.port import Log
from shared.log.sqlite import SqliteLog
from shared.manifest import Manifest
from shared.questionnaire import PartKind
from shared.reading import RoundsReader
from shared.records import Kind
from shared.release_items import Counted, Numbers
from shared.rounds import Round

_AT_ONCE = 100
"""Records per append; the largest have 400 KiB."""


def release(log: Log, of: Round) -> tuple[Numbers, dict[tuple[int, int], list[str]], Counted]:
    """What a released round says: numbers, comments by (part, node), counted entries; BrokenBundle, BadRelease."""
    record = of.record(Kind.RELEASE)
    if record is None:
        raise LookupError(f"{of.id} is not released")
    releases = [entry.value for entry in log.read(topics.releases(of.id))]
    words = [entry.value for entry in log.read(topics.words(of.id))]
    numbers = release_items.decode_numbers(bundle.unpack(record.body["cells"], releases))
    counted = release_items.decode_counted(bundle.unpack(record.body["counted"], releases))
    comments: dict[tuple[int, int], list[str]] = {}
    for comment in release_items.decode_words(bundle.unpack(record.body["words"], words)):
        comments.setdefault((comment.part, comment.node), []).append(comment.text)
    return numbers, comments, counted


def differences(
    manifest: Manifest,
    numbers: Numbers,
    comments: Mapping[tuple[int, int], list[str]],
    answered: Mapping[str, TrueAnswers],
) -> list[str]:
    """Where the company's totals differ from the plain tally of what was truly answered; none is right."""
    wrong = []
    for place, part in enumerate(manifest.draft.questionnaire.parts):
        cells = sum(cell.n for cell in numbers.cells if cell.part == place)
        if cells != len(answered):
            wrong.append(f"{part.id}: {cells} counted, {len(answered)} answered")
        if part.kind is PartKind.OPEN:
            said = Counter(text for (of, _), texts in comments.items() if of == place for text in texts)
            meant = Counter(
                words for truth in answered.values() if (words := truth.words.get(part.questions[0].id, ""))
            )
            wrong += [] if said == meant else [f"{part.id}: other comments than were written"]
            continue
        for question in part.questions:
            meant_here = Counter(truth.choices[question.id] for truth in answered.values())
            published = [result for result in numbers.results if question.id in result.histograms]
            options = question.answers.options if question.answers else 0
            tally = [meant_here[None], *(meant_here[option] for option in range(options))]
            total = [sum(result.histograms[question.id][at] for result in published) for at in range(options + 1)]
            # A unit that was merged away as a whole has no result at all; part of one would be a mistake.
            if published and total != tally:
                wrong.append(f"{question.id}: {total} published, {tally} answered")
    return wrong


def export(installation: Installation, out: Path, people: list[Employee], turnouts: Mapping[str, Turnout]) -> None:
    """Leave everything that somebody needs to check the rounds from outside; no private key is among it.

    parties.json  log/  manifests/<round>.json  releases/<round>.json  roster.csv  answers.json
    """
    for folder in ("manifests", "releases"):
        (out / folder).mkdir(parents=True)
    _copy_log(installation.log, out / "log")
    (out / "parties.json").write_bytes(installation.parties_file.read_bytes())
    (out / "roster.csv").write_bytes(roster_csv(people))
    truth = {
        round_id: {person: asdict(answers) for person, answers in turnout.answered.items()}
        for round_id, turnout in turnouts.items()
    }
    _write(out / "answers.json", truth)
    with closing(SqliteLog(out / "log")) as log:
        for of in RoundsReader(log, installation.book).refresh().rounds.values():
            if of.manifest is not None:
                _write(out / "manifests" / f"{of.id}.json", of.manifest.body)
            if of.record(Kind.RELEASE) is not None:
                _write(out / "releases" / f"{of.id}.json", _readable(*release(log, of)))


def _copy_log(kept: Kept, folder: Path) -> None:
    """Every topic with its records in their order, as the embedded log; a trial's topics have one partition."""
    folder.mkdir()
    with closing(kept.open()) as source, closing(SqliteLog(folder)) as copy:
        for topic in kept.topics():
            copy.create(topic)
            records = (entry.value for entry in source.read(topic))
            while some := list(islice(records, _AT_ONCE)):
                copy.append(topic, *some)


def _readable(numbers: Numbers, comments: Mapping[tuple[int, int], list[str]], counted: Counted) -> dict[str, Any]:
    return {
        "cells": [asdict(cell) for cell in numbers.cells],
        "results": [asdict(result) for result in numbers.results],
        "correlations": [asdict(one) for one in numbers.correlations],
        "comments": [{"part": part, "node": node, "texts": texts} for (part, node), texts in comments.items()],
        "counted": _texts(counted.counted),
        "held_back": _texts(counted.held_back),
    }


def _texts(entries: Iterable[bytes]) -> list[str]:
    return [b64(entry) for entry in entries]


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, default=dict) + "\n", "utf-8")
