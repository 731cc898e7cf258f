"""The page of the kit renders with today's templates, though its address exists only with DEBUG."""

import pytest
from django.urls import NoReverseMatch, reverse

from kam.views.gallery import Gallery
from tests import make


@pytest.mark.django_db
def test_every_part_of_the_kit_renders(rf):
    request = rf.get("/kit/")
    request.user = make.user()
    html = Gallery.as_view()(request).render().content.decode()
    assert (html.count("<h1"), "style=" in html, "<style" in html) == (1, False, False)


def test_the_gallery_has_no_address_without_debug():
    with pytest.raises(NoReverseMatch):
        reverse("gallery")
