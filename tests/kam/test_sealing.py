import pytest

from kam.sealing import seal, unseal


def test_what_was_sealed_comes_back_and_is_not_in_the_seal():
    sealed = seal("Geheimnis 秘密")
    assert unseal(sealed) == "Geheimnis 秘密"
    assert "Geheimnis" not in sealed
    assert seal("Geheimnis 秘密") != sealed


@pytest.mark.parametrize("broken", ["", "plain", "ä"])
def test_what_nobody_sealed_is_refused(broken):
    with pytest.raises(ValueError, match="not sealed"):
        unseal(broken)


def test_a_touched_seal_is_refused():
    sealed = seal("secret")
    with pytest.raises(ValueError, match="not sealed"):
        unseal(sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1])


def test_another_key_opens_nothing(settings):
    sealed = seal("secret")
    settings.SECRET_KEY = "another key of more than thirty-two characters"
    with pytest.raises(ValueError, match="not sealed"):
        unseal(sealed)
