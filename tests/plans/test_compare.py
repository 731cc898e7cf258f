"""What changed between two snapshots."""

from plans.compare import compare, pieces


def snapshot(*goals, words=""):
    return {
        "account": {"currency": "EUR"},
        "plan": {"where_we_stand": words, "what_they_want": "", "white_space": ""},
        "goals": list(goals),
    }


def goal(title, *measures, work=()):
    rows = [{"measure": code, "target": target} for code, target in measures]
    return {"title": title, "measures": rows, "initiatives": [task(*given) for given in work]}


def task(title, due_on="2026-12-01"):
    return {"title": title, "due_on": due_on, "budget": None, "owner": None}


def told(found):
    return [(t.code, t.old, t.new, t.difference, t.share, t.verdict) for t in found.targets]


def plain(rows):
    return [tuple(text.replace("\u00a0", " ") for text in row) for row in rows]


def test_targets_come_go_and_change():
    old = snapshot(goal("G", ("sell_in", "2560.0000"), ("otif", "0.9500"), ("backlog", "40.0000")))
    new = snapshot(goal("G2", ("sell_in", "3200.0000"), ("otif", "0.9530"), ("overdue_share", "0.1000")))
    assert plain(told(compare(old, new))) == [
        ("sell_in", "2,560", "3,200", "+640", "+25.0 %", "beyond"),
        ("otif", "95.0", "95.3", "+0.3 pp", "–", "within"),
        ("overdue_share", "–", "10.0", "–", "–", "beyond"),
        ("backlog", "40", "–", "–", "–", "beyond"),
    ]


def test_the_same_measure_in_two_goals_is_two_targets():
    old = snapshot(goal("A", ("sell_in", "1")), goal("B", ("sell_in", "2")))
    new = snapshot(goal("A", ("sell_in", "1")), goal("B", ("sell_in", "3")))
    assert [(t.goal, t.verdict) for t in compare(old, new).targets] == [("A", "unchanged"), ("B", "beyond")]


def test_a_first_plan_is_all_new():
    found = compare(None, snapshot(goal("A", ("sell_in", "1"), work=[("Launch",)]), words="Well."))
    assert (len(found.beyond), len(found.changed_work), list(found.changed_words)) == (1, 1, ["where_we_stand"])
    assert found.count == 3


def test_initiatives_with_the_same_title_are_kept_apart():
    old = snapshot(goal("A", work=[("Visit",), ("Visit",)]))
    new = snapshot(goal("A", work=[("Visit",), ("Visit", "2026-06-01")]))
    assert [w.is_changed for w in compare(old, new).work] == [False, True]


def test_words_differ_by_words_and_whole_numbers():
    assert pieces("Share rose to 32.4 %.", "Share rose to 33.1 %.") == [
        ("same", "Share rose to "),
        ("old", "32.4"),
        ("new", "33.1"),
        ("same", " %."),
    ]
    assert pieces("库存上升", "库存下降") == [("same", "库存"), ("old", "上升"), ("new", "下降")]


def test_unchanged_words_are_no_change():
    same = snapshot(words="Well.")
    assert compare(same, same).count == 0
