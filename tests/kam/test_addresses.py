"""Addresses of rows."""

import pytest
from django.test.utils import override_script_prefix
from django.urls import reverse

from kam.addresses import address_of, page_address


def test_the_address_of_a_row_is_the_one_that_reverse_makes():
    assert address_of("accounts:detail", 7) == reverse("accounts:detail", args=[7])
    assert address_of("kpis:measure", 7, "sell_in") == reverse("kpis:measure", args=[7, "sell_in"])


def test_the_address_of_a_page_is_the_one_that_reverse_makes():
    assert page_address("inbox:list") == reverse("inbox:list")


def test_it_stands_below_the_prefix_that_the_server_gives_this_site():
    with override_script_prefix("/kam/"):
        assert address_of("accounts:whole", 12) == reverse("accounts:whole", args=[12])
        assert page_address("me") == reverse("me")
    assert page_address("me") == reverse("me")
    assert address_of("accounts:whole", 12) == reverse("accounts:whole", args=[12])


def test_a_row_that_is_not_stored_has_none():
    with pytest.raises(TypeError):
        address_of("accounts:detail", None)
