"""Which known word a misspelt one was meant to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.spelling import distance, nearest

WORDS = st.text("abcdef", max_size=8)


class TestDistance:
    @pytest.mark.parametrize(
        ("first", "second", "wrong"),
        [
            ("ortiz", "ortiz", 0),
            ("ortix", "ortiz", 1),
            ("otriz", "ortiz", 1),
            ("ortz", "ortiz", 1),
            ("orttiz", "ortiz", 1),
            ("", "abc", 3),
            ("ca", "abc", 3),
        ],
    )
    def test_counts_the_wrong_letters(self, first, second, wrong):
        assert distance(first, second) == wrong

    @given(WORDS, WORDS)
    def test_is_the_same_both_ways_and_at_most_the_longer_word(self, first, second):
        assert distance(first, second) == distance(second, first)
        assert abs(len(first) - len(second)) <= distance(first, second) <= max(len(first), len(second))

    @given(WORDS, WORDS)
    def test_is_nothing_only_between_equals(self, first, second):
        assert (distance(first, second) == 0) == (first == second)


class TestNearest:
    def test_takes_the_fewest_wrong_letters_and_the_first_of_equals(self):
        assert nearest("ngyuen", ["nielsen", "nguyen", "owen"]) == "nguyen"
        assert nearest("bart", ["bard", "barn"]) == "bard"

    def test_takes_none_that_is_too_far(self):
        assert nearest("zzyzx", ["ortiz", "brown"]) is None
        assert nearest("abc", []) is None
