"""The forms of what stands in `riskd.yaml`: sections, names, and numbers with their unit."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from riskd.measure.spec import Unit
from riskd.policy.schema.shape import DEFINED_NAME
from riskd.policy.text.quantity import example, noun, pattern
from riskd.policy.text.units import QuantityError, parse

NAME_PATTERN = f"^{DEFINED_NAME}$"


class Section(BaseModel):
    """A section of the file: no key but its own, and no value is shown in a fault, for it may be a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def measured(unit: Unit) -> BeforeValidator:
    """Reads a number that is written with its unit, into the unit's base."""

    def read(value: object) -> object:
        if isinstance(value, float):
            return value  # a default, already in base units
        try:
            quantity = parse(str(value))
        except QuantityError as error:
            raise ValueError(str(error)) from error
        if quantity.unit is not unit:
            raise ValueError(
                f"{value} is {noun(quantity.unit)}, expected {noun(unit)}; write for example {example(unit)}"
            )
        return quantity.value

    return BeforeValidator(
        read, json_schema_input_type=Annotated[str, Field(pattern=f"^(?:{pattern(unit)})$")]
    )


Seconds = Annotated[float, measured(Unit.DURATION), Field(gt=0, strict=True)]
Span = Annotated[float, measured(Unit.DURATION), Field(ge=0, strict=True)]
Share = Annotated[float, measured(Unit.RATIO), Field(gt=0, le=1, strict=True)]
Money = Annotated[float, measured(Unit.MONEY), Field(gt=0, strict=True)]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
