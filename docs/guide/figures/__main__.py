"""`python -m docs.guide.figures` draws every picture of the guide anew; a test compares them."""

from __future__ import annotations

from docs.guide.figures.gallery import IMAGES, PICTURES


def main() -> None:
    """Write every picture to its file."""
    IMAGES.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        (IMAGES / f"{name}.svg").write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
