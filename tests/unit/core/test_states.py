"""Transition tables."""

import pytest
from django.db import models

from core import states


class Light(models.TextChoices):
    RED = "RED"
    GREEN = "GREEN"
    FLASHING_AMBER = "FLASHING_AMBER"
    REMOVED = "REMOVED"


TABLE = {
    Light.RED: {Light.GREEN, Light.FLASHING_AMBER},
    Light.GREEN: {Light.RED},
    Light.FLASHING_AMBER: {Light.REMOVED},
    Light.REMOVED: set(),
}


class TestCheckTransition:
    def test_passes_a_step_of_the_table_written_as_enum_or_text(self):
        states.check_transition(TABLE, Light.RED, Light.GREEN)
        states.check_transition(TABLE, "RED", "FLASHING_AMBER")
        assert states.can_transition(TABLE, "RED", Light.GREEN)

    def test_refuses_another_step_and_says_the_ways_out(self):
        assert not states.can_transition(TABLE, Light.RED, Light.REMOVED)
        with pytest.raises(states.TransitionRefused) as refusal:
            states.check_transition(TABLE, Light.RED, Light.REMOVED, what="Light 7")
        assert str(refusal.value) == (
            "Light 7 is red and cannot become removed: from there it can become flashing amber or green."
        )

    def test_says_that_a_life_is_over(self):
        with pytest.raises(states.TransitionRefused, match="end of its life"):
            states.check_transition(TABLE, Light.REMOVED, Light.RED)

    def test_refuses_to_stay_and_an_unknown_state(self):
        with pytest.raises(states.TransitionRefused):
            states.check_transition(TABLE, Light.RED, Light.RED)
        with pytest.raises(states.TransitionRefused, match="no state it can be in"):
            states.check_transition(TABLE, "BLUE", Light.RED)


class TestReachable:
    def test_follows_every_step(self):
        assert states.reachable(TABLE, Light.RED) == states.states(TABLE)
        assert states.reachable(TABLE, "FLASHING_AMBER") == {"FLASHING_AMBER", "REMOVED"}


class TestWrittenOut:
    def test_gives_the_guard_of_the_database_its_steps(self):
        assert states.trigger_arguments(TABLE) == [
            "FLASHING_AMBER>REMOVED",
            "GREEN>RED",
            "RED>FLASHING_AMBER",
            "RED>GREEN",
        ]

    def test_draws_the_same_picture_each_time(self):
        assert states.mermaid("Light", TABLE) == (
            "---\ntitle: Light\n---\nstateDiagram-v2\n"
            "    [*] --> RED\n"
            "    RED --> FLASHING_AMBER\n"
            "    RED --> GREEN\n"
            "    GREEN --> RED\n"
            "    FLASHING_AMBER --> REMOVED\n"
            "    REMOVED --> [*]\n"
        )
