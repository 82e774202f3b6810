"""What a made-up city is made of: names, streets, prices and how much water its classes use. Pure data.

Names and prices are invented. The use of water follows quantiles a class and season of a real city's meters: figures of
its distribution, none of its rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


GIVEN_NAMES = words(
    "Ada Agnes Alma Amara Ana Andre Ángel Anita Arlo Asha Ben Beth Bruno Carla Carmen Cedric Chen Clara "
    "Cora Dana Dario Della Diego Dora Edith Elena Eli Elsa Emil Esther Eva Felix Fern Flora Frank Gabriel "
    "Gina Grace Greta Gus Hana Harold Hazel Helen Hugo Ida Imani Inez Iris Isaac Ivan Ivy Jack Jada Jamal "
    "Jana Javier Joan Jonah José Judith Julia June Kai Karim Kate Kenji Lara Laura Lena Leo Lila Linh "
    "Lola Lucas Lucía Luis Mabel Mai Malik Mara Marco María Marta Max Maya Mei Mina Mira Moses Nadia "
    "Nancy Nina Noah Nora Olga Omar Oscar Otto Pablo Paul Pearl Petra Priya Quinn Rafael Rita Rosa Ruben "
    "Ruth Salma Samuel Sara Selma Simon Sofía Stella Tariq Teresa Thomas Tuan Uma Vera Victor Vivian "
    "Walter Wendy Willa Yara Yusuf Zoe"
)
FAMILY_NAMES = words(
    "Abbott Acosta Adeyemi Albright Alvarez Amsel Anderson Archer Avila Baker Banerjee Barlow Becker "
    "Bennett Birch Blake Bowman Brandt Bridges Brooks Bui Burns Calder Carver Castillo Chavez Chen Clay "
    "Cole Cortez Crane Cruz Dalton Daniels Dawson Delgado Diaz Dorsey Drake Dunn Ellis Espinoza Farley "
    "Fields Fischer Flores Foster Fox Franco Frost García Gibbs Gomez Grant Greene Gupta Gutiérrez Hale "
    "Hansen Harper Hayes Hernández Hill Holt Hughes Ibrahim Ingram Jackson Jain Jensen Johnson Jordan "
    "Kaplan Keller Khan Kim King Klein Knox Kowalski Lane Larsen Lee Lewis Li Lopez Lowe Lynch Maddox "
    "Marsh Martin Mason Medina Mendez Meyer Miller Mitchell Moore Mora Morris Muñoz Murphy Nash Nelson "
    "Nguyen Nielsen Norris Núñez Oakes O'Brien Okafor Olsen Ortega Ortiz Osborn Owens Page Park Patel "
    "Pearce Peña Pérez Pham Pierce Poole Porter Quinn Ramírez Ramos Reed Reyes Rhodes Rios Rivera Robles "
    "Rojas Romero Rosales Ross Ruiz Russo Salazar Sanders Santos Schmidt Sharma Shaw Silva Singh Sloan "
    "Smith Soto Stone Suárez Sutton Takeda Tate Taylor Torres Tran Turner Valdez Vargas Vega Vogel Wade "
    "Walker Walsh Ward Weber Wells White Wilson Wolf Wood Wright Wu Yang Young Zamora Ziegler"
)
BUSINESSES = words(
    "Bakery Barbers Bicycles Books Cafe Carpets Clinic Coffee Dental Diner Electric Florist Garage Grill "
    "Hardware Laundry Lumber Market Motors Nursery Pharmacy Plumbing Printing Records Storage Taqueria "
    "Tires Tools Veterinary"
)
STREETS = words(
    "Alder Ash Aspen Bayberry Beech Birch Bluff Bridge Brook Canal Cedar Chapel Cherry Chestnut Church "
    "Clay Clover College Cottonwood Creek Crescent Cypress Depot Dogwood Elm Fern Ferry Foundry Garden "
    "Granite Grove Harbor Hawthorn Hazel Heron Hickory High Highland Hill Holly Ivy Jackson Jefferson "
    "Juniper Kestrel Lake Laurel Liberty Lilac Linden Locust Lower Magnolia Main Maple Market Meadow Mill "
    "Mulberry North Oak Orchard Park Pearl Pecan Pine Plum Poplar Prospect Quarry Railroad Redbud Ridge "
    "River Rose Sage School Spring Spruce Station Summit Sycamore Union Valley Walnut Washington Water "
    "Willow Wren"
)
STREET_TYPES = ("St", "St", "St", "Ave", "Ave", "Dr", "Ln", "Ct", "Rd")
TOWN, STATE, POSTAL_CODES = "Riverbend", "OK", ("74011", "74012", "74014")
OFFICE_NAME = "City of Riverbend Utilities"
OFFICE_LINES = ["200 Main St, Riverbend OK 74011", "918-555-0100, Monday to Friday 8 to 5"]

# Share of accounts, and quantiles (2, 10, 25, 50, 75, 90, 98 percent) of a month's use in ccf, winter and summer.
CLASSES: dict[str, tuple[float, tuple[float, ...], tuple[float, ...]]] = {
    "RESIDENTIAL": (0.84, (0.5, 3, 6, 10, 16, 23.5, 40), (1, 4, 7.5, 13, 21, 30.5, 51.5)),
    "MULTIFAMILY": (0.07, (0.5, 3, 7, 17.5, 32.5, 57, 146), (0.5, 3, 7, 18.5, 33.5, 59.5, 151.5)),
    "COMMERCIAL": (0.075, (0, 1, 3.5, 12, 39, 112, 420), (0, 1, 3.5, 12.5, 40, 121, 474.5)),
    "IRRIGATION": (0.015, (0, 0, 2, 6.5, 17, 49.5, 214), (0, 0.5, 3, 9, 25.5, 78, 360)),
}
QUANTILES = (0.02, 0.10, 0.25, 0.50, 0.75, 0.90, 0.98)
METER_SIZES = {
    "RESIDENTIAL": (('5/8"', 0.85), ('3/4"', 0.12), ('1"', 0.03)),
    "MULTIFAMILY": (('3/4"', 0.35), ('1"', 0.35), ('1 1/2"', 0.2), ('2"', 0.1)),
    "COMMERCIAL": (('5/8"', 0.3), ('1"', 0.35), ('1 1/2"', 0.2), ('2"', 0.15)),
    "IRRIGATION": (('3/4"', 0.4), ('1"', 0.4), ('2"', 0.2)),
}
BASE_BY_SIZE = {'5/8"': "14.20", '3/4"': "17.05", '1"': "24.60", '1 1/2"': "42.80", '2"': "64.50"}


def _water(blocks: list[dict[str, str]], *, taxed: bool) -> dict[str, Any]:
    components: list[dict[str, Any]] = [
        {
            "code": "base",
            "kind": "fixed",
            "by": "meter_size",
            "values": BASE_BY_SIZE,
            "charge_type": "WATER",
            "label": "Water base charge",
        },
        {"code": "use", "kind": "tiered", "blocks": blocks, "charge_type": "WATER", "label": "Water use"},
    ]
    if taxed:
        components.append(
            {
                "code": "tax",
                "kind": "percent",
                "of": ["base", "use"],
                "rate": "0.0455",
                "charge_type": "TAX",
                "label": "Sales tax on water",
            }
        )
    return {"format": 1, "unit": "ccf", "components": components}


HOME_BLOCKS = [{"to": "6", "price": "2.86"}, {"to": "15", "price": "3.74"}, {"price": "5.92"}]
SHOP_BLOCKS = [{"to": "40", "price": "3.31"}, {"price": "3.98"}]
GARDEN_BLOCKS = [{"to": "20", "price": "4.15"}, {"price": "6.40"}]
# Rate code -> service, unit, name, definition.
RATES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "W-RES": ("WATER", "ccf", "Water, residential", _water(HOME_BLOCKS, taxed=False)),
    "W-MF": ("WATER", "ccf", "Water, multifamily", _water(SHOP_BLOCKS, taxed=False)),
    "W-COM": ("WATER", "ccf", "Water, commercial", _water(SHOP_BLOCKS, taxed=True)),
    "W-IRR": ("WATER", "ccf", "Water, irrigation", _water(GARDEN_BLOCKS, taxed=False)),
    "S-ALL": (
        "SEWER",
        "ccf",
        "Sewer",
        {
            "format": 1,
            "unit": "ccf",
            "components": [
                {
                    "code": "base",
                    "kind": "fixed",
                    "amount": "18.40",
                    "charge_type": "SEWER",
                    "label": "Sewer base charge",
                },
                {
                    "code": "use",
                    "kind": "uniform",
                    "price": "4.12",
                    "charge_type": "SEWER",
                    "label": "Sewer by water used",
                },
            ],
        },
    ),
    "D-ERU": (
        "STORM",
        "ccf",
        "Stormwater",
        {
            "format": 1,
            "unit": "ccf",
            "inputs": ["eru"],
            "components": [
                {
                    "code": "runoff",
                    "kind": "fixed",
                    "amount": "7.85",
                    "per": "eru",
                    "charge_type": "STORM",
                    "label": "Stormwater by runoff units",
                }
            ],
        },
    ),
    "R-CART": (
        "REFUSE",
        "ccf",
        "Refuse, carts",
        {
            "format": 1,
            "unit": "ccf",
            "inputs": ["carts"],
            "components": [
                {
                    "code": "collection",
                    "kind": "fixed",
                    "amount": "17.60",
                    "per": "carts",
                    "charge_type": "REFUSE",
                    "label": "Refuse carts, weekly",
                }
            ],
        },
    ),
}
WATER_RATE = {"RESIDENTIAL": "W-RES", "MULTIFAMILY": "W-MF", "COMMERCIAL": "W-COM", "IRRIGATION": "W-IRR"}
SUMMER = frozenset({5, 6, 7, 8, 9, 10})
ZERO = Decimal(0)
