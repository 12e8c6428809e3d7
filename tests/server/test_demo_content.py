"""The demo's content: enough of it, coherent, and loud when it contradicts itself."""

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from server.demo import content as demo

SOURCE = Path(demo.__file__).with_name("content")


@pytest.fixture(scope="module")
def content() -> demo.Content:
    return demo.load()


def threads_with(content: demo.Content, kind: demo.EventKind) -> list[demo.Thread]:
    return [t for t in content.threads if any(event.kind == kind for event in t.events)]


def test_there_is_enough_to_look_lived_in(content: demo.Content) -> None:
    answered = {thread.key for thread in threads_with(content, "answer")}
    questions = [thread for thread in content.threads if thread.kind == "question"]

    unanswered = [thread for thread in questions if thread.key not in answered]
    fresh = [thread for thread in unanswered if thread.at < timedelta(days=2)]

    assert len(content.agencies) == 3
    assert len(content.communities) >= 3
    assert len(content.people) >= 40
    assert len(content.threads) >= 60
    assert len(unanswered) >= 10
    assert len(fresh) >= 3


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("answer", 60),
        ("accept", 35),
        ("lock", 3),
        ("pin", 3),
        ("edit", 5),
        ("outdated", 2),
        ("delete", 1),
        ("remove", 1),
    ],
)
def test_every_sort_of_event_is_seen(
    content: demo.Content, kind: demo.EventKind, least: int
) -> None:
    seen = sum(e.kind == kind for thread in content.threads for e in thread.events)

    assert seen >= least


def test_threads_spread_over_six_months(content: demo.Content) -> None:
    months = Counter(thread.at.days // 30 for thread in content.threads)

    assert set(months) == set(range(6))
    assert max(thread.at for thread in content.threads) <= timedelta(days=180)


def test_every_author_and_actor_is_a_member_of_the_community(content: demo.Content) -> None:
    members = {(join.community, join.person) for join in content.joins if not join.waiting}

    authors = {(thread.community, thread.author) for thread in content.threads}
    others = {
        (thread.community, event.actor)
        for thread in content.threads
        for event in thread.events
        if event.kind != "remove"
    }

    assert authors | others <= members


def test_most_answers_come_from_another_agency(content: demo.Content) -> None:
    home = {person.name: person.agency for person in content.people}

    crossing = [
        home[event.actor] != home[thread.author]
        for thread in content.threads
        for event in thread.events
        if event.kind == "answer"
    ]

    assert sum(crossing) / len(crossing) > 0.6


def test_each_community_has_members_of_every_agency(content: demo.Content) -> None:
    home = {person.name: person.agency for person in content.people}

    for community in content.communities:
        agencies = {home[j.person] for j in content.joins if j.community == community.key}
        assert agencies == {agency.key for agency in content.agencies}


def test_several_wait_only_where_a_steward_approves(content: demo.Content) -> None:
    by_approval = {c.key for c in content.communities if c.join == "approval"}

    waiting = [join.community for join in content.joins if join.waiting]

    assert len(waiting) >= 3
    assert set(waiting) <= by_approval


def test_events_come_in_the_order_in_which_they_happened(content: demo.Content) -> None:
    for thread in content.threads:
        moments = [thread.at, *(event.at for event in thread.events)]
        assert moments == sorted(moments, reverse=True)
        assert moments[-1] >= timedelta(0)


def test_no_two_bodies_are_alike(content: demo.Content) -> None:
    bodies = [thread.body for thread in content.threads]
    bodies += [e.text for t in content.threads for e in t.events if e.key or e.kind == "edit"]

    assert [body for body, times in Counter(bodies).items() if times > 1] == []
    assert all(bodies)


def test_charters_are_a_page_and_not_a_book(content: demo.Content) -> None:
    for community in content.communities:
        assert 100 <= len(community.charter.split()) <= 200
        assert 3 <= len(community.topics) <= 6


def test_links_lead_only_to_the_reserved_example_domain() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in SOURCE.glob("*.toml"))

    links = [part for part in text.split("://")[1:] if not part.startswith("example.org/")]

    assert links == []


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("people.toml", '["siobhan", "dele"]', '["nobody"]', "transport: nobody is called"),
        ("people.toml", 'agency = "health"', 'agency = "moon"', "no agency moon"),
        ("people.toml", 'name = "kofi"', 'name = "Kofi!"', "people.toml"),
        ("people.toml", 'name = "kofi"', 'name = "maeve"', "nobody is called kofi"),
        ("communities.toml", 'agency = "transport"', 'agency = "moon"', "no agency moon"),
        ("communities.toml", '"maeve", "kofi"]', '"maeve", "celeste"]', "steward celeste"),
        ("communities.toml", '"kofi", "ingrid"', '"kofi", "kofi"', "is there twice"),
        ("communities.toml", "[[community]]", "[[community", "communities.toml"),
        ("road-safety.toml", 'topic = "winter"', 'topic = "cake"', "no topic cake"),
        ("road-safety.toml", 'by = "ingrid"', 'by = "celeste"', "celeste not joined"),
        ("road-safety.toml", "chidi = 5,", "celeste = 5,", "is not a member by then"),
        ("road-safety.toml", "chidi = 5,", "maeve = 5,", "is not theirs to do"),
        ("road-safety.toml", "accepted = 27\n", "accepted = 2\n", "is not there at that time"),
        ("road-safety.toml", "accepted = 27\n", "accepted = 99999\n", "outside the thread"),
        ("road-safety.toml", 'why = "clear-', 'why = "very-clear-', "no kudos very-clear"),
        ("road-safety.toml", '{ by = "maeve", after = 0.2', '{ by = "joao", after = 1', "pin"),
        ("road-safety.toml", "helpful = { kofi = 9", "ayse = { kofi = 9", "Extra inputs"),
        ("incident-reviews.toml", "after = 720", "after = 5", "not theirs to do on clock"),
        ("incident-reviews.toml", "after = 22, why", "after = -1, why", "outside"),
        (
            "road-safety.toml",
            "helpful = { maeve = 5, joao = 20 }",
            "helpful = { ayse = 26 }",
            "marks crash-points-in-the-sea/1 twice",
        ),
    ],
)
def test_a_contradiction_is_named(
    tmp_path: Path, file: str, old: str, new: str, complaint: str
) -> None:
    shutil.copytree(SOURCE, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(demo.ContentError, match=complaint):
        demo.read(tmp_path)
