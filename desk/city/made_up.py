"""People, places and meter readings of a made-up city: the same for the same seed, size and months."""

from __future__ import annotations

import datetime as dt
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import Cycle, Route
from core.models import User
from desk.city import figures
from desk.city.writer import CityWriter

DIALS = 5
# Registers turn in tenths of a ccf, so that use has the grain that prices see.
STEP = Decimal("0.1")
ACCOUNTS_AT_ONCE = 2000
LEGACY_BASE = 40_000
SETTLED = 0.6
# Flats and shops often have a private hauler.
CITY_CARTS = {"RESIDENTIAL": 0.9, "MULTIFAMILY": 0.4, "COMMERCIAL": 0.5}


@dataclass(frozen=True)
class Plan:
    """How large a city, for which months (first days), from which seed."""

    accounts: int
    months: tuple[dt.date, ...]
    seed: int


def use_of(chance: random.Random, customer_class: str, month: dt.date, *, place: float) -> Decimal:
    """A month's use in ccf for somebody at ``place`` (0 to 1) in their class, with the month's own luck."""
    _, winter, summer = figures.CLASSES[customer_class]
    table = summer if month.month in figures.SUMMER else winter
    spot = min(max(place + chance.gauss(0, 0.06), 0.0), 1.0)
    points = (0.0, *figures.QUANTILES, 1.0)
    values = (0.0, *table, table[-1] * 1.6)
    upper = max(bisect_left(points, spot), 1)
    low, high = points[upper - 1], points[upper]
    value = values[upper - 1] + (values[upper] - values[upper - 1]) * (spot - low) / (high - low)
    return Decimal(str(value)).quantize(STEP, ROUND_HALF_UP)


def pick(chance: random.Random, choices: Sequence[tuple[str, float]]) -> str:
    """One of weighted choices."""
    return chance.choices([each for each, _ in choices], [weight for _, weight in choices])[0]


def write_city(plan: Plan, *, cycles: Sequence[tuple[Cycle, Sequence[Route]]], by: User) -> int:
    """Write the city by COPY; gives the count of readings. Call it inside a transaction."""
    chance = random.Random(plan.seed)  # noqa: S311 - a made-up city, nothing secret
    writer = CityWriter()
    readings = 0
    for index in range(plan.accounts):
        cycle, routes = cycles[index % len(cycles)]
        readings += _Household(writer, plan, chance, index, by).write(cycle, routes)
        if (index + 1) % ACCOUNTS_AT_ONCE == 0:
            writer.flush()
    writer.flush()
    return readings


class _Household:
    """One account with its people, place, services and readings, being written."""

    def __init__(self, writer: CityWriter, plan: Plan, chance: random.Random, index: int, by: User) -> None:
        self.writer, self.plan, self.chance, self.index, self.by = writer, plan, chance, index, by
        self.customer_class = pick(chance, [(name, spec[0]) for name, spec in figures.CLASSES.items()])
        # Most were there when the office began; the others moved in since.
        self.first = 0 if chance.random() < SETTLED else chance.randrange(max(len(plan.months) - 2, 1))
        self.start = plan.months[self.first]

    def write(self, cycle: Cycle, routes: Sequence[Route]) -> int:
        name = self._name()
        account_id, number = self._account(name, cycle)
        premise_id = self._premise(account_id, name)
        route = routes[(self.index // 40) % len(routes)]
        return self._services(account_id, premise_id, route, number)

    def _name(self) -> str:
        chance = self.chance
        family = chance.choice(figures.FAMILY_NAMES)
        if self.customer_class == "RESIDENTIAL":
            return f"{chance.choice(figures.GIVEN_NAMES)} {family}"
        if self.customer_class == "MULTIFAMILY":
            return f"{family} Apartments LLC"
        return f"{family} {chance.choice(figures.BUSINESSES)}"

    def _account(self, name: str, cycle: Cycle) -> tuple[int, str]:
        writer, chance, start = self.writer, self.chance, self.start
        person = self.customer_class == "RESIDENTIAL"
        party_id = writer.add(
            "accounts_party",
            kind="PERSON" if person else "ORGANISATION",
            name=name,
            language="es" if chance.random() < 0.08 else "en",
            is_confidential=False,
        )
        digits = f"918555{chance.randrange(10_000):04d}"
        writer.add(
            "accounts_contactpoint",
            party_id=party_id,
            kind="MOBILE" if person else "PHONE",
            purpose="ANY",
            value=f"{digits[:3]}-{digits[3:6]}-{digits[6:]}",
            digits=digits,
            state="UNVERIFIED",
            from_date=start,
        )
        number = writer.new_account_number(of=self.plan.accounts)
        account_id = writer.add(
            "accounts_account", number=number, kind="REGULAR", cycle_id=cycle.pk, opened_date=start
        )
        writer.add(
            "accounts_accountrole",
            account_id=account_id,
            party_id=party_id,
            kind="HOLDER",
            is_liable=True,
            from_date=start,
        )
        writer.add(
            "accounts_accountclass",
            account_id=account_id,
            purpose="CUSTOMER",
            value=self.customer_class,
            from_date=start,
        )
        legacy = f"{LEGACY_BASE + self.index // 97:05d}-{self.index % 97:02d}"
        for kind, value in (("ACCOUNT_NUMBER", number), ("LEGACY_ACCOUNT", legacy)):
            writer.add("accounts_identifier", kind=kind, value=value, account_id=account_id, from_date=start)
        return account_id, number

    def _premise(self, account_id: int, name: str) -> int:
        writer, chance = self.writer, self.chance
        block = self.index // len(figures.STREETS)
        street = figures.STREETS[self.index % len(figures.STREETS)]
        house = str(100 + block * 4 + chance.randrange(2) * 2)
        street_type = figures.STREET_TYPES[len(street) % len(figures.STREET_TYPES)]
        prefix = chance.choice(("", "", "", "N", "S")) if block > 30 else ""
        postal = figures.POSTAL_CODES[self.index % len(figures.POSTAL_CODES)]
        premise_id = writer.add(
            "accounts_premise",
            house_number=house,
            street_prefix=prefix,
            street_name=street,
            street_type=street_type,
            street_suffix="",
            unit="",
            city=figures.TOWN,
            state=figures.STATE,
            postal_code=postal,
            parcel_number=f"{100 + self.index // 900}-{self.index % 900:03d}",
            location_note="",
        )
        line = " ".join(part for part in (house, prefix, street, street_type) if part)
        writer.add(
            "accounts_mailingaddress",
            account_id=account_id,
            addressee=name,
            lines=f"{line}\n{figures.TOWN} {figures.STATE} {postal}",
            from_date=self.start,
            source="application",
        )
        return premise_id

    def _services(self, account_id: int, premise_id: int, route: Route, number: str) -> int:
        water = self._point(account_id, premise_id, "WATER", figures.WATER_RATE[self.customer_class], route)
        register_id, readings = self._meter(water, number)
        if self.customer_class == "IRRIGATION":
            return readings
        sewer = self._point(account_id, premise_id, "SEWER", "S-ALL", None)
        self.writer.add(
            "metering_usagesource",
            service_point_id=sewer,
            register_id=register_id,
            sign=1,
            share=Decimal(1),
            from_date=self.start,
        )
        home = self.customer_class == "RESIDENTIAL"
        runoff = Decimal(1) if home else Decimal(self.chance.randrange(2, 40)) / 2
        carts = 1 if home and self.chance.random() < 0.9 else self.chance.randrange(1, 5)
        for service, rate, kind, value, unit in (
            ("STORM", "D-ERU", "eru", f"{runoff.normalize():f}", "ERU"),
            ("REFUSE", "R-CART", "carts", str(carts), "carts"),
        ):
            if service == "REFUSE" and self.chance.random() > CITY_CARTS[self.customer_class]:
                continue
            point = self._point(account_id, premise_id, service, rate, None)
            self.writer.add(
                "accounts_determinant",
                service_point_id=point,
                kind=kind,
                value=value,
                unit=unit,
                from_date=self.start,
                source="application",
            )
        return readings

    def _point(
        self, account_id: int, premise_id: int, service: str, rate_code: str, route: Route | None
    ) -> int:
        point_id = self.writer.add(
            "accounts_servicepoint",
            premise_id=premise_id,
            service=service,
            number=1,
            route_id=route.pk if route else None,
            walk_order=(self.index + 1) * 10 if route else None,
        )
        self.writer.add(
            "accounts_serviceagreement",
            account_id=account_id,
            service_point_id=point_id,
            service=service,
            rate_code=rate_code,
            status="ACTIVE",
            from_date=self.start,
        )
        self.writer.add(
            "accounts_physicalstatus",
            service_point_id=point_id,
            status="ON",
            from_date=self.start,
            reason="in service when the office began",
        )
        return point_id

    def _meter(self, point_id: int, number: str) -> tuple[int, int]:
        writer, chance = self.writer, self.chance
        meter_id = writer.add(
            "metering_meter",
            serial_number=f"{chance.choice('BKNS')}{int(number) // 10 + 7_300_000:08d}",
            size=pick(chance, figures.METER_SIZES[self.customer_class]),
            make="",
            status="INSTALLED",
        )
        register_id = writer.add(
            "metering_register", meter_id=meter_id, position=1, dial_count=DIALS, multiplier=STEP, unit="CCF"
        )
        writer.add(
            "metering_installation", meter_id=meter_id, service_point_id=point_id, from_date=self.start
        )
        writer.add(
            "metering_usagesource",
            service_point_id=point_id,
            register_id=register_id,
            sign=1,
            share=Decimal(1),
            from_date=self.start,
        )
        return register_id, self._readings(register_id)

    def _readings(self, register_id: int) -> int:
        """A reading at the first day and one at the end of each month; the dials roll over as real ones do."""
        place = self.chance.random()
        index = self.chance.randrange(10**DIALS)
        zone = ZoneInfo(settings.TIME_ZONE)
        moments = [(self.start, Decimal(0), "SET")]
        for month in self.plan.months[self.first :]:
            after = dt.date(month.year + month.month // 12, month.month % 12 + 1, 1)
            moments.append((after, use_of(self.chance, self.customer_class, month, place=place), "ACTUAL"))
        for day, use, kind in moments:
            index = (index + int(use / STEP)) % 10**DIALS
            self.writer.add_reading(
                register_id=register_id,
                on_date=day,
                read_at=dt.datetime.combine(day, dt.time(8, self.index % 60), tzinfo=zone),
                dials=f"{index:0{DIALS}d}",
                value=Decimal(index),
                kind=kind,
                source="HISTORY",
                by_id=self.by.pk,
            )
        return len(moments)
