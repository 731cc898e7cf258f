"""What people keep for themselves: views of lists, and what they removed."""

import pytest

from kam.models import Removal, SavedView
from kam.roles import Role
from kpis.models import Category
from tests import make
from tests.clients import api_of  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
VIEWS, REMOVALS = "/api/v1/saved-views/", "/api/v1/removals/"
GIVEN = {"page": "accounts:list", "name": "Tier A", "query": "tier=A&page_size=9&after=x"}


@pytest.fixture
def person():
    return make.user()


def test_a_view_is_kept_changed_and_forgotten(api_of, person):  # noqa: F811
    client = api_of(person)
    made = client.post(VIEWS, GIVEN)
    url = f"{VIEWS}{made.json()['id']}/"
    assert (made.status_code, made.json()["user"], made.json()["shared"]) == (201, person.pk, False)
    assert "after" not in made.json()["query"]
    changed = client.patch(url, {"name": "A", "shared": True}, headers={"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["name"], changed.json()["version"]) == (200, "A", 2)
    assert client.patch(url, {"page": "plans:list"}, headers={"If-Match": '"2"'}).status_code == 400
    assert client.delete(url, headers={"If-Match": '"2"'}).status_code == 204
    assert SavedView.objects.count() == 0


def test_views_of_others_are_seen_when_they_share_them_and_never_written(api_of, person):  # noqa: F811
    other = make.user()
    hidden = SavedView.objects.create(user=other, page="accounts:list", name="hidden")
    shared = SavedView.objects.create(user=other, page="accounts:list", name="shared", shared=True)
    client, tag = api_of(person), {"If-Match": '"1"'}
    assert [row["name"] for row in client.get(VIEWS).json()["results"]] == ["shared"]
    for row, status in ((hidden, 404), (shared, 403)):
        answers = [client.patch(f"{VIEWS}{row.pk}/", {"name": "x"}, headers=tag), client.delete(f"{VIEWS}{row.pk}/")]
        assert [r.status_code for r in answers] == [status, status]
    bulk = client.post(f"{VIEWS}bulk/", [{"id": shared.pk, "version": 1, "name": "x"}])
    assert (bulk.status_code, SavedView.objects.filter(name="x").count()) == (403, 0)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"page": "nowhere"}, "page"), ({"page": "home"}, "page"), ({"user": 1}, "user"), ({"name": ""}, "name")],
)
def test_a_view_that_cannot_be_says_why(api_of, person, given, field):  # noqa: F811
    answer = api_of(person).post(VIEWS, GIVEN | given)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_what_was_removed_is_brought_back_by_whom_it_was_removed(api_of):  # noqa: F811
    analyst = make.user(Role.ANALYST)
    client, other = api_of(analyst), api_of(make.user(Role.ANALYST))
    made = client.post("/api/v1/categories/", {"code": "B", "name": "Balls"})
    pk = made.json()["id"]
    assert client.delete(f"/api/v1/categories/{pk}/", headers={"If-Match": made["ETag"]}).status_code == 204
    (removal,) = client.get(REMOVALS, {"model": "kpis.category", "object_id": pk}).json()["results"]
    undo = f"{REMOVALS}{removal['id']}/undo/"
    assert (other.get(REMOVALS).json()["results"], other.post(undo).status_code) == ([], 404)
    back = client.post(undo)
    assert (back.status_code, back.json()) == (200, {"model": "kpis.category", "object_id": str(pk)})
    assert (Category.objects.get().name, client.post(undo).status_code) == ("Balls", 409)
    assert Removal.objects.get().restored_at is not None
